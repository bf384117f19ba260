#!/usr/bin/env bash
# Setup/package/tree.sh BUNDLED FOLDER: assembles what a package installs, from the builds of Setup/package/build.sh. It
# runs from any folder:
#
#   bin/glyphline                          the program, which only calls libglyphline
#   lib/glyphline/libglyphline.so.0        everything else, for CPUs of the level x86-64-v2
#   lib/glyphline/glibc-hwcaps/LEVEL/      the same for higher levels; glibc's loader chooses
#   lib/glyphline/libglyphline-loader.so   needs libglyphline.so.0: programs that load a library by its path load this,
#                                          so that the loader chooses for them, too
#   lib/glyphline/libglyphline-icu.so      ICU's data
#   lib/glyphline/lib*-glyphline.so.*      libraries of other projects, copied from this system
#   include/, lib/pkgconfig/               to build C programs with the library
#   share/                                 manual pages, completions, the specs of Pipelines/, licences
#
# BUNDLED is a pattern for the file names of the libraries that are copied; the system has the others.
set -euo pipefail
cd "$(dirname "$0")/../.."
source Setup/package/settings.sh

bundled=$1 tree=$2
library=$tree/lib/glyphline

# folder LEVEL: where the library for this level of CPUs belongs.
folder() { if [ "$1" = "$baseline" ]; then echo "$library"; else echo "$library/glibc-hwcaps/$1"; fi; }

# needed FILE: prints the paths of the system's libraries that the loader finds for it, without those that every system
# with GCC's C++ library has: glibc and GCC's own.
needed() {
  local path package
  ldd "$1" | sed -n 's/.* => \(\/.*\) (0x.*/\1/p' | while read -r path; do
    if [[ $path = "$library"/* ]]; then continue; fi
    package=$(owner "$path")
    case $package in libc6 | libstdc++6 | libgcc-s1) ;; *) echo "$path" ;; esac
  done
}

rm -rf "$tree"
mkdir -p "$tree/bin" "$tree/include" "$tree/lib/pkgconfig" "$tree/share/doc/glyphline/licences"
for level in "${levels[@]}"; do
  mkdir -p "$(folder "$level")"
  install -s -m 644 "$work/$level/release/libglyphline-library.so" "$(folder "$level")/libglyphline.so.0"
done
install -m 644 "$work/icu/libglyphline-icu.so" "$library"
install -m 644 Sources/CGlyphline/include/glyphline.h "$tree/include"
ln -s libglyphline.so.0 "$library/libglyphline.so"

# Copies get a name of their own, so that a program that has loaded this system's library of the same name, or will
# load it, is given its own. Each finds the others in its folder: an RPATH, unlike a RUNPATH, is also for the libraries
# that a library needs.
renames=() owners=()
paths=$(needed "$library/libglyphline.so.0")
for path in $paths; do
  name=$(basename "$path")
  copy=${name/.so/-glyphline.so}
  [[ $name =~ $bundled ]] || continue
  owners+=("$(owner "$path")")
  renames+=(--replace-needed "$name" "$copy")
  install -m 644 "$path" "$library/$copy"
  patchelf --set-soname "$copy" "$library/$copy"
done

# adopt FILE RPATH: gives a library the copies. patchelf 0.14, of Debian 12, damages a file that it changes in two ways in
# one call.
adopt() {
  patchelf "${renames[@]}" "$1"
  patchelf --force-rpath --set-rpath "$2" "$1"
}
for file in "$library"/lib*-glyphline.so.*; do adopt "$file" '$ORIGIN'; done
for level in "${levels[@]}"; do
  path='$ORIGIN'
  if [ "$level" != "$baseline" ]; then path='$ORIGIN/../..'; fi
  adopt "$(folder "$level")/libglyphline.so.0" "$path"
done

# link OUTPUT RPATH ARGUMENT...: makes a file that loads the library.
link() {
  "$tools/clang" -O2 -s -march="$baseline" -I "$tree/include" -o "$tree/$1" "${@:3}" -L "$library" \
    -Wl,--no-as-needed -lglyphline -Wl,--disable-new-dtags,-rpath,"$2",--allow-shlib-undefined
}
link bin/glyphline '$ORIGIN/../lib/glyphline' Setup/package/main.c
link lib/glyphline/libglyphline-loader.so '$ORIGIN' -shared -x c /dev/null -Wl,-soname,libglyphline-loader.so
chmod 644 "$library/libglyphline-loader.so"

version=$("$tree/bin/glyphline" --version)
cat >"$tree/lib/pkgconfig/glyphline.pc" <<END
prefix=\${pcfiledir}/../..
includedir=\${prefix}/include
libdir=\${prefix}/lib/glyphline

Name: Glyphline
Description: trains captcha readers on CPUs, and predicts images with them
Version: $version
Cflags: -I\${includedir}
Libs: -L\${libdir} -lglyphline -Wl,-rpath,\${libdir}
END
Setup/manual.sh "$tree/bin/glyphline" "$work/$baseline/checkouts" "$tree"

install -m 644 -D -t "$tree/share/doc/glyphline/examples" Pipelines/*.yaml

# The licences of all that is in the libraries: Swift's packages, Swift, ICU in Swift's libraries, and the copies.
documents=$tree/share/doc/glyphline
for package in "$work/$baseline"/checkouts/*; do
  install -m 644 "$package"/LICENSE* "$documents/licences/$(basename "$package").txt"
done
install -m 644 "$toolchain/share/swift/LICENSE.txt" "$documents/licences/swift.txt"
install -m 644 Setup/package/icu-licence.txt "$documents/licences/icu.txt"
for package in $(printf '%s\n' "${owners[@]}" | sort -u); do
  install -m 644 "/usr/share/doc/$package/copyright" "$documents/licences/$package.txt"
done
