#!/usr/bin/env bash
# Tests `make setup` on a machine without Swift, or with an old one: it fetches a stand-in for swiftly, which installs a
# stand-in for Swift, and make goes on with that. Nothing is fetched from elsewhere, and nothing is left behind.
set -euo pipefail
cd "$(dirname "$0")/../.."

skip() { echo "Tests/Setup: skipped: $*"; }

work=$(mktemp -d)
# The server, where there is one, is this script's only child.
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT

if [ "$(uname -s)" != Linux ] || ! command -v curl >/dev/null; then
  skip "needs Linux and curl"
  exit
fi

# A PATH of what setup calls, without Swift. What would change the system says so instead.
mkdir "$work/bin"
for tool in bash basename cat chmod cp curl dirname env expand grep gzip head make mkdir mktemp realpath rm sed sh sort \
  tar uname; do
  ln -s "$(command -v "$tool")" "$work/bin/$tool"
done
# stand_in NAME: a program in $work/bin, with the script from standard input.
stand_in() { cat - >"$work/bin/$1" && chmod +x "$work/bin/$1"; }
stand_in gpg <<<'#!/bin/sh'
stand_in apt-get <<<'#!/bin/sh
echo "apt-get $*"'
stand_in id <<<'#!/bin/sh
echo 0'

# swiftly as it is documented: `init` puts it into the folder of its programs, `install` adds a toolchain there, and
# writes the commands that the system lacks packages for.
mkdir "$work/served"
cat >"$work/swiftly" <<'SWIFTLY'
#!/bin/bash
set -euo pipefail
bin=$HOME/.local/share/swiftly/bin
case $1 in
  init)
    mkdir -p "$bin"
    cp "$0" "$bin/swiftly"
    ;;
  install)
    version=$2
    for argument in "$@"; do
      case $argument in
        --post-install-file=*) echo "apt-get -y install needed-by-swift" >"${argument#*=}" ;;
      esac
    done
    cat >"$bin/swift" <<SWIFT
#!/bin/bash
case \$1 in
  --version) echo "Swift version $version (swift-$version-RELEASE)" ;;
  build) echo "stand-in $version: build" ;;
esac
SWIFT
    chmod +x "$bin/swift"
    ;;
esac
SWIFTLY
chmod +x "$work/swiftly"
tar -czf "$work/served/swiftly.tar.gz" -C "$work" swiftly
version=$(<.swift-version)

# make_build NAME URL [VARIABLE...]: `make build` in a home of its own; its output is in $work/NAME, its exit code in `code`.
make_build() {
  local name=$1 url=$2
  shift 2
  mkdir -p "$work/home-$name"
  code=0
  env -i HOME="$work/home-$name" PATH="$work/old:$work/bin" no_proxy=127.0.0.1 \
    make --no-print-directory build PACKAGES= SWIFTLY_URL="$url" "$@" >"$work/$name" 2>&1 || code=$?
}
# expect NAME TEXT...: these texts are in the output.
expect() {
  local name=$1 text
  shift
  for text in "$@"; do
    grep -qF -- "$text" "$work/$name" || fail "$name" "\"$text\" is missing in"
  done
}
fail() {
  echo "Tests/Setup: $1: $2 this output (exit code $code):" >&2
  cat "$work/$1" >&2
  exit 1
}
# expect_success NAME: Swift was installed with its packages, and make went on with it.
expect_success() {
  [ "$code" = 0 ] || fail "$1" "make failed with"
  expect "$1" "installing swiftly" "installing Swift $version" "apt-get -y install needed-by-swift" "stand-in $version: build"
}
# expect_one_message NAME TEXT...: make failed, and setup said why in one line.
expect_one_message() {
  [ "$code" != 0 ] || fail "$1" "make did not fail with"
  [ "$(grep -c '^setup: .*install Swift 6.2 or newer from' "$work/$1")" = 1 ] || fail "$1" "there is not one message in"
  expect "$@"
}

make_build from-file "file://$work/served/swiftly.tar.gz"
expect_success from-file
# The second time, all is there.
make_build from-file "file://$work/served/none"
[ "$code" = 0 ] || fail from-file "make failed with"
! grep -q "^setup:" "$work/from-file" || fail from-file "setup did something again in"

# Where swiftly is there, and the toolchain is not, only that is fetched.
rm "$work/home-from-file/.local/share/swiftly/bin/swift"
make_build from-file "file://$work/served/none"
[ "$code" = 0 ] || fail from-file "make failed with"
expect from-file "installing Swift $version" "stand-in $version: build"

port=
if command -v python3 >/dev/null; then
  coproc python3 -u -m http.server 0 --bind 127.0.0.1 --directory "$work/served" 2>/dev/null
  # "Serving HTTP on 127.0.0.1 port 12345 (...) ...", once it listens.
  if read -r -a line <&"${COPROC[0]}"; then port=${line[5]}; fi
fi
if [ -n "$port" ]; then
  make_build from-server "http://127.0.0.1:$port/swiftly.tar.gz"
  expect_success from-server
  make_build not-there "http://127.0.0.1:$port/none.tar.gz"
  expect_one_message not-there "none.tar.gz cannot be fetched" 404
else
  skip "needs python3 and a port of the loopback address, to fetch from a server"
fi

# Nothing listens at port 1.
make_build unreachable http://127.0.0.1:1/swiftly.tar.gz
expect_one_message unreachable "no Swift toolchain, and http://127.0.0.1:1/swiftly.tar.gz cannot be fetched"

# A Swift that is too old is passed over, one that is new enough is used, and nothing is fetched then.
mkdir "$work/old"
for age in 5.10.1 6.2; do
  printf '#!/bin/sh\necho "Swift version %s (swift-%s-RELEASE)"\n' "$age" "$age" >"$work/old/swift"
  chmod +x "$work/old/swift"
  make_build "with-$age" "file://$work/served/swiftly.tar.gz"
  case $age in
    5.*)
      expect_success "with-$age"
      expect "with-$age" "Swift 5.10 in $work/old is older than 6.2"
      ;;
    *)
      [ "$code" = 0 ] || fail "with-$age" "make failed with"
      ! grep -q "^setup:" "$work/with-$age" || fail "with-$age" "setup did something in"
      ;;
  esac
done
rm -r "$work/old"

# Neither curl nor apt-get to install it with; and a processor that Swift is not built for.
rm "$work/bin/apt-get" "$work/bin/curl"
make_build no-curl http://127.0.0.1:1/swiftly.tar.gz
expect_one_message no-curl "no Swift toolchain; install curl"
rm "$work/bin/uname"
stand_in uname <<<'#!/bin/sh
echo Linux riscv64'
make_build riscv http://127.0.0.1:1/swiftly.tar.gz
expect_one_message riscv "no Swift toolchain; install Swift 6.2"
echo "Tests/Setup: passed"
