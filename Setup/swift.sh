#!/usr/bin/env bash
# Prints the path of the Swift to build with: the one on PATH if it is new enough, else the one that `make setup`
# installed. Where there is neither, says why and fails.
set -euo pipefail

minimum=6.2
reason="no Swift toolchain"
for swift in "$(command -v swift)" "${SWIFTLY_BIN_DIR:-${HOME:-}/.local/share/swiftly/bin}/swift"; do
  version=$("$swift" --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p') || true
  [ -n "$version" ] || continue
  if [ "$(printf '%s\n' "$minimum" "$version" | sort -V | head -n 1)" = "$minimum" ]; then
    echo "$swift"
    exit
  fi
  reason="Swift $version in $(dirname "$swift") is older than $minimum"
done
echo "$reason" >&2
exit 1
