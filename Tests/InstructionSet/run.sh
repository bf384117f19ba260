#!/usr/bin/env bash
# Tests the check that a program makes at its start, of the CPU (Sources/CInstructionSet): compiled for what no CPU has,
# for this CPU, and as it is in the program.
set -euo pipefail
cd "$(dirname "$0")/../.."

fail() {
  echo "Tests/InstructionSet: $*" >&2
  exit 1
}
skip() { echo "Tests/InstructionSet: skipped: $*"; }

swift=$(Setup/swift.sh)
tools=$("$swift" -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)\/lib\/swift".*/\1/p')/bin
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

case $(uname -sm) in
  "Linux x86_64")
    # FMA4 and XOP were only in CPUs of 2011 to 2017, AVX512FP16 is only in some since 2021.
    everything=(-march=x86-64-v4 -mavx512fp16 -mavxvnni -mgfni -mfma4 -mxop -mtbm -mraoint -mcmpccxadd)
    absent=FMA4
    native=-march=native
    # Vectors, and what would replace plain instructions on integers.
    beyond='%[xyz]mm|%k[0-7]|%r(1[6-9]|2|3)'
    beyond+='|\b(popcnt|lzcnt|tzcnt|andn|bextr|bls|bzhi|pdep|pext|rorx|sarx|shlx|shrx|mulx|movbe|aadd|cmp[a-z]+xadd)'
    ;;
  "Linux aarch64")
    everything=(-march=armv9.2-a+sha3+bf16+cssc+mops)
    absent=MOPS
    native=-mcpu=native
    beyond='\b[vzpqds][0-9]+\b|\b(cpy|ctz|cnt|umin|umax|cas|ldadd|swp)'
    ;;
  *)
    skip "it tests Linux on x86-64 and ARM"
    exit
    ;;
esac

# compile NAME OPTION...: a program that does nothing, and checks the CPU.
echo 'int main(void) { return 0; }' >"$work/main.c"
compile() {
  local name=$1
  shift
  # A warning of an attribute would tell that it is not in force.
  "$tools/clang" -O2 -Wall -Wextra -Werror "$@" -I Sources/CInstructionSet/include -c \
    -o "$work/$name.o" Sources/CInstructionSet/InstructionSet.c
  "$tools/clang" -o "$work/$name" "$work/main.c" "$work/$name.o"
}

compile everything "${everything[@]}"
if grep -qw mops /proc/cpuinfo; then
  skip "this CPU has what was taken for absent, so that no refusal can be seen"
else
  code=0
  "$work/everything" >"$work/output" 2>"$work/errors" || code=$?
  [ "$code" = 78 ] || fail "compiled for what this CPU lacks, it ended with exit code $code, not 78"
  ! [ -s "$work/output" ] || fail "it wrote to standard output"
  [ "$(wc -l <"$work/errors")" = 1 ] || fail "it did not say one line: $(<"$work/errors")"
  grep -q "^error: this program was built for a CPU with .*$absent.*make build" "$work/errors" ||
    fail "it did not say what is missing and what to do: $(<"$work/errors")"

  compile package "${everything[@]}" -DGLYPHLINE_PACKAGE
  code=0
  "$work/package" 2>"$work/errors" || code=$?
  [ "$code" = 78 ] || fail "compiled so for a package, it ended with exit code $code, not 78"
  grep -q "^error: this program was built for a CPU with .*$absent.*packages are for CPUs with SSE4.2" "$work/errors" ||
    fail "in a package, it did not say what is missing and what packages need: $(<"$work/errors")"
fi

compile native "$native"
"$work/native" >"$work/output" 2>&1 || fail "compiled for this CPU, it ended with exit code $?: $(<"$work/output")"
! [ -s "$work/output" ] || fail "compiled for this CPU, it wrote: $(<"$work/output")"

if [ -x "$tools/llvm-objdump" ]; then
  "$tools/llvm-objdump" -d --no-show-raw-insn "$work/everything.o" | sed -n 's/^ *[0-9a-f]*:[[:space:]]*//p' >"$work/code"
  [ -s "$work/code" ] || fail "it has no code"
  ! grep -nE "$beyond" "$work/code" || fail "the check itself uses instructions that a CPU may lack"
else
  skip "the toolchain has no llvm-objdump, to look for instructions in the check itself that a CPU may lack"
fi

# The program itself, on CPUs of 2008 and 2013: it ends by itself, and not by an illegal instruction.
program=${GLYPHLINE:-$("$swift" build -c release --show-bin-path)/glyphline}
if command -v qemu-x86_64 >/dev/null && [ "$(uname -m)" = x86_64 ] && [ -x "$program" ]; then
  for cpu in Nehalem Haswell; do
    code=0
    qemu-x86_64 -cpu "$cpu" "$program" --version >"$work/output" 2>"$work/errors" || code=$?
    case $code in
      0 | 78) ;;
      *) fail "on a $cpu, the program ended with exit code $code: $(<"$work/errors")" ;;
    esac
  done
else
  skip "needs $program and qemu-x86_64 (qemu-user), to run the program on older CPUs"
fi
echo "Tests/InstructionSet: passed"
