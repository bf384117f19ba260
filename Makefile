# Builds and runs Glyphline. `make run` and `make test` need nothing but a Swift toolchain: they install the system
# packages that are missing. Where there is no apt-get, install their equivalents and pass PACKAGES= to skip the check.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
.PHONY: help setup build run test interop crash fuzz install lint format bench clean

# The libraries and the font that the program needs, and the two programs that the tests read its files with.
PACKAGES ?= libzstd-dev libdnnl-dev libfreetype-dev libpng-dev libturbojpeg0-dev libsqlite3-dev libssl-dev \
	zlib1g-dev pkg-config fonts-noto-mono zstd sqlite3

# Code for this very CPU, so that vectors are as wide as it has them. The option has another name on ARM.
NATIVE := $(if $(filter aarch64 arm64,$(shell uname -m)),-mcpu=native,-march=native)
# The same options for program and tests, so that nothing is built twice: by default, tests have everything built anew
# in a way that lets them import what is internal. Ours do without.
BUILD := -c release -Xcc $(NATIVE)

# Package.swift has the program take in Swift's libraries where this toolchain has them in the form for that.
STATIC_STDLIB = $(wildcard $(shell swift -static-stdlib -print-target-info 2>/dev/null \
	| sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')/linux/lib_FoundationICU.a)
build test: export GLYPHLINE_STATIC_STDLIB = $(STATIC_STDLIB)

SOURCES := Sources Tests Schemas Package.swift

# Where `make install` puts things; with DESTDIR= too, under that folder, for whoever makes a package.
PREFIX ?= $(HOME)/.local

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

setup: ## install the system packages that are missing
	@fail() { echo "setup: $$*" >&2; exit 1; }
	version=$$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p') || true
	[ -n "$$version" ] || fail "no Swift toolchain; install Swift 6.2 or newer from https://www.swift.org/install"
	[ "$$(printf '%s\n' 6.2 "$$version" | sort -V | head -n 1)" = 6.2 ] ||
		fail "Swift $$version is too old; install Swift 6.2 or newer from https://www.swift.org/install"
	missing=()
	for package in $(PACKAGES); do
		status=$$(dpkg-query --show --showformat '$${db:Status-Status}' "$$package" 2>/dev/null) || true
		[ "$$status" = installed ] || missing+=("$$package")
	done
	[ $${#missing[@]} -gt 0 ] || exit 0
	command -v apt-get >/dev/null || fail "no apt-get; install what your system calls $${missing[*]}," \
		"then add PACKAGES= to the make command"
	root=()
	if [ "$$(id -u)" != 0 ]; then
		command -v sudo >/dev/null || fail "no sudo; as root, run: apt-get install $${missing[*]}"
		root=(sudo)
	fi
	echo "setup: installing $${missing[*]}"
	"$${root[@]}" apt-get update --quiet
	"$${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "$${missing[@]}"

build: setup ## build the program
	swift build $(BUILD) --product glyphline

run: build ## draw, train and evaluate Pipelines/quickstart.yaml, or go on where that stopped
	.build/release/glyphline run Pipelines/quickstart.yaml

test: setup ## build and run the tests
	swift test $(BUILD) --disable-testable-imports

interop: build ## hold what the program writes against the programs of others
	Tests/Interop/run.sh

crash: build ## break pipelines at every operation and kill them at random times; about an hour
	swift build $(BUILD) --product crashtest
	.build/release/crashtest kill .build/release/glyphline build Tests/CrashTest/build.yaml --count 200
	.build/release/crashtest kill .build/release/glyphline run Tests/CrashTest/kill.yaml --count 50
	.build/release/crashtest sweep Pipelines/smoke.yaml

# Seconds for each reader.
FUZZ_SECONDS ?= 300
fuzz: setup ## search for inputs that break a reader
	export GLYPHLINE_FUZZ=1
	swift build -c release --scratch-path .build-fuzz --product fuzz -Xswiftc -sanitize=fuzzer -Xswiftc -use-ld=lld
	for reader in shard block safetensors spec image; do
		mkdir -p .build-fuzz/corpus/$$reader
		.build-fuzz/release/fuzz $$reader -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
			-artifact_prefix=.build-fuzz/ .build-fuzz/corpus/$$reader Tests/FuzzTests/Corpus/$$reader
	done

install: build ## copy the program, its manual and its completions under PREFIX
	swift build --package-path .build/checkouts/swift-argument-parser --scratch-path .build/manual -c release \
		--product generate-manual
	bin=$(DESTDIR)$(PREFIX)/bin man=$(DESTDIR)$(PREFIX)/share/man/man1
	bash=$(DESTDIR)$(PREFIX)/share/bash-completion/completions zsh=$(DESTDIR)$(PREFIX)/share/zsh/site-functions
	fish=$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	mkdir -p "$$bin" "$$man" "$$bash" "$$zsh" "$$fish"
	install -s .build/release/glyphline "$$bin"
	.build/manual/release/generate-manual "$$bin/glyphline" --multi-page --output-directory "$$man"
	"$$bin/glyphline" --generate-completion-script bash > "$$bash/glyphline"
	"$$bin/glyphline" --generate-completion-script zsh > "$$zsh/_glyphline"
	"$$bin/glyphline" --generate-completion-script fish > "$$fish/glyphline.fish"

lint: ## check the layout of the source
	swift format lint --strict --recursive $(SOURCES)

format: ## lay out the source anew
	swift format --in-place --recursive $(SOURCES)

bench: build ## measure speed beside the alternatives
	Benchmarks/run.sh

clean: ## remove what was built; runs/ stays
	swift package clean
