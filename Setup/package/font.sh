#!/usr/bin/env bash
# Setup/package/font.sh TREE: copies this system's Noto Mono, the font that specs have by default, and its licence. The
# program finds it from its library's path.
set -euo pipefail
cd "$(dirname "$0")/../.."
source Setup/package/settings.sh

tree=$1
font=/usr/share/fonts/truetype/noto/NotoMono-Regular.ttf
[ -e "$font" ] || fail "there is no $font; install fonts-noto-mono"
mkdir -p "$tree/share/glyphline/fonts/NotoMono"
install -m 644 "$font" "$tree/share/glyphline/fonts/NotoMono"
package=$(owner "$font")
install -m 644 "/usr/share/doc/$package/copyright" "$tree/share/doc/glyphline/licences/$package.txt"
