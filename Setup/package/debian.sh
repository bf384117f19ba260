#!/usr/bin/env bash
# Setup/package/debian.sh: makes dist/glyphline_VERSION_amd64.deb, for the release of Debian that this is and the next.
# It depends on the system's libraries and font. It bundles only oneDNN, whose package has another library name in each
# release.
set -euo pipefail
cd "$(dirname "$0")/../.."
source Setup/package/settings.sh

tree=$work/debian/glyphline
rm -rf "$work/debian"
mkdir -p "$tree/DEBIAN" "$work/debian/debian"
Setup/package/tree.sh '^libdnnl\.' "$tree/usr"
version=$("$tree/usr/bin/glyphline" --version)
documents=$tree/usr/share/doc/glyphline

# The packages with the libraries that the program needs, in the versions that it needs. Debian 13 has some of them under
# another name, such as libpng16-16t64, which also provides this name. The tool needs a source package to be in.
printf 'Source: glyphline\n\nPackage: glyphline\nArchitecture: amd64\n' >"$work/debian/debian/control"
depends=$(
  cd "$work/debian"
  mapfile -t files < <(find glyphline -type f \( -name '*.so*' -o -path '*/bin/*' \))
  dpkg-shlibdeps -O --ignore-missing-info -Sglyphline -xglyphline "${files[@]/#/-e}" |
    sed -n 's/^shlibs:Depends=//p'
)
[ -n "$depends" ] || fail "no dependencies found"

maintainer=$(git log -1 --format='%an <%ae>')
cat >"$tree/DEBIAN/control" <<END
Package: glyphline
Version: $version
Architecture: amd64
Maintainer: $maintainer
Installed-Size: $(du --summarize --apparent-size --block-size=1K "$tree/usr" | cut -f 1)
Depends: $depends, fonts-noto-mono
Suggests: openmpi-bin | mpich
Section: science
Priority: optional
Description: trains captcha readers on CPUs
 Glyphline draws labelled images of text captchas, or imports them, trains a
 convolutional network on them and evaluates it, in minutes and without a GPU.
 Everything about a run is in an SQLite database.
 .
 This package has the program, and a library for C programs.
END

gzip -9n <CHANGELOG.md >"$documents/CHANGELOG.md.gz"
gzip -9n >"$documents/changelog.gz" <<END
glyphline ($version) unstable; urgency=medium

  * CHANGELOG.md lists what each version has.

 -- $maintainer  $(git log -1 --format=%aD)
END
install -m 644 Setup/package/copyright "$documents"
mkdir -p "$tree/usr/share/lintian/overrides"
install -m 644 Setup/package/lintian-overrides "$tree/usr/share/lintian/overrides/glyphline"
# Where Debian's zsh looks.
mv "$tree/usr/share/zsh/site-functions" "$tree/usr/share/zsh/vendor-completions"
find "$tree/usr/share/man" -type f -exec gzip -9n {} +
(cd "$tree" && find usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
mkdir -p "$dist"
dpkg-deb --root-owner-group -Zxz --build "$tree" "$dist/glyphline_${version}_amd64.deb"
ls -l "$dist/glyphline_${version}_amd64.deb"
