#!/usr/bin/env bash
# Setup/setup.sh PACKAGE...: installs what a build needs and this machine lacks: a Swift toolchain, and these system
# packages. Says what it installs, or what to do where it cannot.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { echo "setup: $*"; }
fail() {
  say "$*" >&2
  exit 1
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "no sudo; as root, run: $*"
  fi
}

# apt_install PACKAGE...: installs packages; needs apt-get.
apt_install() {
  say "installing $*"
  as_root apt-get update --quiet
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "$@"
}

# install_swift REASON: installs the toolchain of .swift-version with swiftly, Swift's own installer, for this user.
# Leaves the user's shell profile alone: only make uses this toolchain.
install_swift() {
  local reason=$1 version bin swiftly url tools=() error
  local advice="install Swift 6.2 or newer from https://www.swift.org/install"
  version=$(<.swift-version)
  bin=${SWIFTLY_BIN_DIR:-$HOME/.local/share/swiftly/bin}
  case $(uname -sm) in
    "Linux x86_64" | "Linux aarch64") ;;
    *) fail "$reason; $advice" ;;
  esac

  # swiftly checks the toolchain's signature with gpg, and downloads it by HTTPS.
  command -v curl >/dev/null || tools+=(curl)
  command -v gpg >/dev/null || tools+=(gnupg)
  [ -e /etc/ssl/certs/ca-certificates.crt ] || [ -e /etc/pki/tls/certs/ca-bundle.crt ] || tools+=(ca-certificates)
  if [ ${#tools[@]} -gt 0 ]; then
    command -v apt-get >/dev/null || fail "$reason; install ${tools[*]}, so that this can install Swift, or $advice"
    apt_install "${tools[@]}"
  fi

  temporary=$(mktemp -d)
  trap 'rm -rf "$temporary"' EXIT
  swiftly=$(command -v swiftly) || swiftly=$bin/swiftly
  if ! [ -x "$swiftly" ]; then
    url=${SWIFTLY_URL:-https://download.swift.org/swiftly/linux/swiftly-$(uname -m).tar.gz}
    say "$reason; installing swiftly, Swift's installer, from $url into $bin"
    error=$(curl --fail --silent --show-error --location --output "$temporary/swiftly.tar.gz" "$url" 2>&1) ||
      fail "$reason, and $url cannot be fetched ($error); $advice"
    tar -xzf "$temporary/swiftly.tar.gz" -C "$temporary"
    "$temporary/swiftly" init --assume-yes --skip-install --no-modify-profile --quiet-shell-followup ||
      fail "$reason, and swiftly does not work on this system; $advice"
    swiftly=$bin/swiftly
  fi
  say "installing Swift $version with swiftly; to use it in a shell, too, add $bin to its PATH"
  # From another folder, where swiftly finds no .swift-version that it would change.
  (cd "$temporary" && "$swiftly" install "$version" --assume-yes --post-install-file="$temporary/packages.sh") ||
    fail "$reason, and swiftly cannot install Swift $version; $advice"
  # The commands that install the system packages that the toolchain needs and this machine lacks.
  if [ -s "$temporary/packages.sh" ]; then
    say "installing what Swift needs: $(<"$temporary/packages.sh")"
    if command -v apt-get >/dev/null; then as_root apt-get update --quiet; fi
    as_root env DEBIAN_FRONTEND=noninteractive bash -e "$temporary/packages.sh"
  fi
  Setup/swift.sh >/dev/null 2>&1 || fail "Swift $version is installed in $bin, but does not run; $advice"
}

reason=$(Setup/swift.sh 2>&1 >/dev/null) || install_swift "$reason"

missing=()
for package in "$@"; do
  status=$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null) || true
  [ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0
command -v apt-get >/dev/null ||
  fail "no apt-get; install what your system calls ${missing[*]}, then add PACKAGES= to the make command"
apt_install "${missing[@]}"
