# Builds and runs Glyphline. `make run` and `make test` install what is missing: a Swift toolchain, and system packages.
# Where there is no apt-get, install the packages that Docs/setup.md lists and pass PACKAGES= to skip the check.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
.PHONY: help setup build run test distributions cluster interop crash fuzz install package wheel packages-test lint
.PHONY: format bench clean

MACHINE := $(shell uname -m)

# The libraries and the font that the program needs, and two programs with which the tests read its files. oneDNN has
# fast code for x86 alone; the tests try OpenBLAS there too.
PACKAGES_x86_64 := libdnnl-dev libopenblas0
PACKAGES_aarch64 := libopenblas0
PACKAGES ?= libzstd-dev $(PACKAGES_$(MACHINE)) libfreetype-dev libpng-dev libjpeg-dev libgif-dev libwebp-dev \
	libsqlite3-dev nettle-dev zlib1g-dev pkg-config fonts-noto-mono zstd sqlite3

# Where `make setup` downloads swiftly, Swift's installer, on a machine without Swift; by default, from swift.org.
SWIFTLY_URL ?=
export SWIFTLY_URL
# Evaluated anew in each recipe, since setup may have installed it.
SWIFT = $(or $(shell Setup/swift.sh 2>/dev/null),swift)

# Compiles for this CPU, to use its widest vectors. The option has another name on ARM.
NATIVE := $(if $(filter aarch64 arm64,$(MACHINE)),-mcpu=native,-march=native)
# The same options for program and tests, so that nothing is built twice. By default, tests rebuild everything so that
# they can import internal names; these tests need none.
BUILD := -c release -Xcc $(NATIVE)

# Package.swift links Swift's libraries into the program where this toolchain has static ones.
STATIC_STDLIB = $(wildcard $(shell "$(SWIFT)" -static-stdlib -print-target-info 2>/dev/null \
	| sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')/linux/lib_FoundationICU.a)
build test: export GLYPHLINE_STATIC_STDLIB = $(STATIC_STDLIB)

# Where the programs are built. Evaluated in recipes, after the build.
BIN = $(shell "$(SWIFT)" build $(BUILD) --show-bin-path)

SOURCES := Sources Tests Schemas Package.swift

# Where `make install` copies files; with DESTDIR= in front, for building packages.
PREFIX ?= $(HOME)/.local

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 22

setup: ## install the Swift toolchain and the system packages that are missing
	Setup/setup.sh $(PACKAGES)

build: setup ## build the program
	"$(SWIFT)" build $(BUILD) --product glyphline

PIPELINE ?= Pipelines/quickstart.yaml
run: build ## build, then run or resume the pipeline Pipelines/quickstart.yaml
	"$(BIN)/glyphline" run $(PIPELINE)

test: setup ## build and run the tests
	"$(SWIFT)" test $(BUILD) --disable-testable-imports
	GLYPHLINE="$(BIN)/glyphline" Tests/InstructionSet/run.sh
	Tests/Setup/run.sh
	GLYPHLINE="$(BIN)/glyphline" GLYPHLINE_LIBRARY="$(BIN)/libglyphline-library.so" \
		CC="$$(dirname "$$(command -v "$(SWIFT)")")/clang" Tests/Interface/run.sh
	GLYPHLINE="$(BIN)/glyphline" GLYPHLINE_LIBRARY="$(BIN)/libglyphline-library.so" Tests/Python/run.sh

# Tests README's instructions on fresh Debian systems, made in DISTRIBUTIONS_DIR. Paths in DISTRIBUTIONS_BIND, such as a
# folder of packages and the Git configuration that points to it, are visible there too.
DISTRIBUTIONS ?= bookworm trixie
DISTRIBUTIONS_DIR ?= .build-distributions
DISTRIBUTIONS_BIND ?=
distributions: ## test `make run` and `make test` on fresh Debian systems, as root; about half an hour each
	Setup/distributions.sh "$(DISTRIBUTIONS_DIR)" "$(DISTRIBUTIONS)" "$(DISTRIBUTIONS_BIND)" "$(PIPELINE)"

cluster: PACKAGES += slurm-wlm munge openmpi-bin mpich iproute2 procps
cluster: build ## share pipelines under Slurm and MPI on this machine, and kill ranks, as root
	export GLYPHLINE="$(BIN)/glyphline"
	Tests/Cluster/run.sh
	Tests/Cluster/ranks.sh Pipelines/smoke.yaml Tests/Cluster/varied.yaml
	LAUNCHERS=open-mpi-hosts RANKS="2 3" Tests/Cluster/ranks.sh Tests/Cluster/varied.yaml
	Tests/Cluster/kill.sh Tests/Cluster/varied.yaml

interop: build ## read shards, catalog, models and tar files with other programs, and compare the results
	GLYPHLINE="$(BIN)/glyphline" Tests/Interop/run.sh

crash: build ## fail every disk operation of a pipeline and kill it at random times; about 40 minutes
	"$(SWIFT)" build $(BUILD) --product crashtest
	"$(SWIFT)" build $(BUILD) --product nolocks
	bin="$(BIN)"
	"$$bin/crashtest" kill "$$bin/glyphline" build Tests/CrashTest/build.yaml --count 200
	"$$bin/crashtest" kill "$$bin/glyphline" run Tests/CrashTest/kill.yaml --count 50
	"$$bin/crashtest" damage Pipelines/smoke.yaml
	"$$bin/crashtest" sweep Tests/CrashTest/sweep.yaml
	# As on a network file system: a rollback journal, and a file as the lock.
	export LD_PRELOAD="$$bin/libnolocks.so" FLOCK_ERR=38 SHM_ERR=19
	"$$bin/crashtest" kill "$$bin/glyphline" build Tests/CrashTest/build.yaml --count 100
	"$$bin/crashtest" sweep Tests/CrashTest/sweep.yaml

# Seconds for each reader.
FUZZ_SECONDS ?= 300
fuzz: setup ## search for inputs that break a parser
	export GLYPHLINE_FUZZ=1
	build() { "$(SWIFT)" build -c release --scratch-path .build-fuzz -Xswiftc -sanitize=fuzzer -Xswiftc -use-ld=lld "$$@"; }
	build --product fuzz
	fuzz=$$(build --show-bin-path)/fuzz
	for reader in shard block safetensors spec image gif bmp webp; do
		mkdir -p .build-fuzz/corpus/$$reader
		"$$fuzz" $$reader -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
			-artifact_prefix=.build-fuzz/ .build-fuzz/corpus/$$reader Tests/FuzzTests/Corpus/$$reader
	done

install: build ## copy the program, its manual and its completions to PREFIX
	mkdir -p "$(DESTDIR)$(PREFIX)/bin"
	install -s "$(BIN)/glyphline" "$(DESTDIR)$(PREFIX)/bin"
	Setup/manual.sh "$(DESTDIR)$(PREFIX)/bin/glyphline" .build/checkouts "$(DESTDIR)$(PREFIX)"

# What `make package`, `make wheel` and `make packages-test` need beside the build's packages.
package wheel: PACKAGES += binutils dpkg-dev lintian patchelf python3-venv
package: setup ## build dist/: a folder that runs from anywhere and a Debian package, to install without Swift
	Setup/package/build.sh
	Setup/package/archive.sh
	Setup/package/debian.sh

wheel: setup ## build dist/: a Python wheel with the program, to install without Swift
	Setup/package/build.sh
	Setup/package/wheel.sh

# Installs the packages in dist/ on fresh Debian systems, made in PACKAGES_TEST_DIR, and tests them there.
PACKAGES_TEST_DIR ?= .build-packages
packages-test: ## test the packages in dist/ on fresh Debian systems without Swift, as root
	Setup/packages.sh "$(PACKAGES_TEST_DIR)" "$(DISTRIBUTIONS)" "$(DISTRIBUTIONS_BIND)"

lint: ## check the format of the source
	"$(SWIFT)" format lint --strict --recursive $(SOURCES)

format: ## format the source
	"$(SWIFT)" format --in-place --recursive $(SOURCES)

bench: build ## compare the speed with that of other programs
	"$(SWIFT)" build $(BUILD) --product glyphline-library
	GLYPHLINE="$(BIN)/glyphline" GLYPHLINE_LIBRARY="$(BIN)/libglyphline-library.so" Benchmarks/run.sh

clean: ## remove build products; keep runs/
	"$(SWIFT)" package clean
