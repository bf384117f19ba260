#!/usr/bin/env bash
# Setup/package/wheel.sh: makes dist/glyphline-VERSION-py3-none-TAG.whl: the Python package of the folder Python, with
# the tree in glyphline/_install. TAG names the oldest glibc that it runs with, as auditwheel finds it.
set -euo pipefail
cd "$(dirname "$0")/../.."
source Setup/package/settings.sh

python3 -m venv "$work/venv"
bin=$work/venv/bin
"$bin/pip" install --quiet setuptools wheel auditwheel

tree=$work/wheel/tree
rm -rf "$work/wheel"
Setup/package/tree.sh '.' "$tree"
Setup/package/font.sh "$tree"
version=$("$tree/bin/glyphline" --version)

cp -r Python "$work/wheel/Python"
"$bin/pip" wheel --quiet --no-deps --no-build-isolation --wheel-dir "$work/wheel/plain" "$work/wheel/Python"
[ -e "$work/wheel/plain/glyphline-$version-py3-none-any.whl" ] ||
  fail "the Python package has another version than the program, which is $version"
"$bin/wheel" unpack --dest "$work/wheel" "$work/wheel/plain/glyphline-$version-py3-none-any.whl"

# Without what only C programs need: a wheel has no links, so that libglyphline.so would be another copy.
install=$work/wheel/glyphline-$version/glyphline/_install
mkdir -p "$install/lib" "$install/share/doc"
cp -r "$tree/bin" "$install"
cp -r "$tree/lib/glyphline" "$install/lib"
rm "$install/lib/glyphline/libglyphline.so"
cp -r "$tree/share/glyphline" "$install/share"
cp -r "$tree/share/doc/glyphline" "$install/share/doc"

sed -i -e 's/^Root-Is-Purelib: .*/Root-Is-Purelib: false/' -e 's/^Tag: .*/Tag: py3-none-linux_x86_64/' \
  "$work/wheel/glyphline-$version/glyphline-$version.dist-info/WHEEL"
"$bin/wheel" pack --dest-dir "$work/wheel" "$work/wheel/glyphline-$version"
wheel=$work/wheel/glyphline-$version-py3-none-linux_x86_64.whl
tag=$("$bin/auditwheel" show "$wheel" | tr '\n' ' ' | sed -n 's/.*platform tag: *"\(manylinux_[0-9_]*x86_64\)".*/\1/p')
[ -n "$tag" ] || fail "auditwheel finds no tag for the wheel: $("$bin/auditwheel" show "$wheel")"
mkdir -p "$dist"
rm -f "$dist"/glyphline-*.whl
"$bin/wheel" tags --remove --platform-tag "$tag" "$wheel"
mv "$work/wheel/glyphline-$version-py3-none-$tag.whl" "$dist"
ls -l "$dist/glyphline-$version-py3-none-$tag.whl"
