# What the scripts that make packages share; they source this file in the folder of the package.

# Where the builds and the trees are, and where the packages go.
work=$PWD/.build-package
dist=$PWD/dist

# The levels of CPUs that the library is built for, as compilers and glibc's loader name them; the lowest is for CPUs
# that have none of the others.
baseline=x86-64-v2
levels=("$baseline" x86-64-v3 x86-64-v4)

swift=$(Setup/swift.sh)
# The toolchain's folder `usr`.
toolchain=$("$swift" -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)\/lib\/swift".*/\1/p')
tools=$toolchain/bin

fail() {
  echo "package: $*" >&2
  exit 1
}

# owner FILE: the Debian package that a system file belongs to. Files below /usr are listed without it in packages from
# before the two were merged.
owner() {
  local file
  file=$(realpath "$1")
  { dpkg-query --search "$file" 2>/dev/null || dpkg-query --search "${file#/usr}"; } | sed 's/:.*//'
}
