#!/usr/bin/env bash
# Setup/package/archive.sh: packs the tree into dist/glyphline-VERSION-linux-x86_64.tar.zst, with the libraries that
# systems may lack and the font that specs have by default.
set -euo pipefail
cd "$(dirname "$0")/../.."
source Setup/package/settings.sh

tree=$work/archive/glyphline
Setup/package/tree.sh '.' "$tree"
Setup/package/font.sh "$tree"
version=$("$tree/bin/glyphline" --version)
install -m 644 CHANGELOG.md "$tree/share/doc/glyphline"
name=glyphline-$version-linux-x86_64
rm -rf "${work:?}/archive/$name"
mv "$tree" "$work/archive/$name"
mkdir -p "$dist"
tar --create --directory "$work/archive" --owner=0 --group=0 --numeric-owner --sort=name "$name" |
  zstd --quiet --force -19 --long=27 -T0 -o "$dist/$name.tar.zst"
ls -l "$dist/$name.tar.zst"
