// Ends the program with an error message where the CPU lacks an instruction set that it was compiled for. Without this
// check, a program copied to another machine dies of an illegal instruction, at any time and without a message.
//
// It runs as the first constructor of the program or library, before any Swift code, so it calls no Swift. The attribute
// below keeps the compiler from using, in this file, the instruction sets that the check is for.
// Tests/InstructionSet/run.sh checks the machine code. Builds for packages define the macro GLYPHLINE_PACKAGE.

#if defined(__x86_64__)
#pragma clang attribute push(                                                                                         \
    __attribute__((target("general-regs-only,no-popcnt,no-lzcnt,no-bmi,no-bmi2,no-tbm,no-movbe,"                       \
                          "no-cmpccxadd,no-raoint,no-egpr,no-push2pop2,no-ppx,no-ndd,no-ccmp,no-nf,no-zu"))),         \
    apply_to = function)
#elif defined(__aarch64__) && defined(__linux__)
#pragma clang attribute push(__attribute__((target("no-fp,no-lse,no-rcpc,no-cssc,no-mops"))), apply_to = function)
#endif

#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

#include "InstructionSet.h"

/// Whether a macro is defined. Macros of instruction sets expand to a number; an undefined name stays as it is.
#define IS_DEFINED(macro) (TEXT_OF(macro)[0] != '_')
#define TEXT_OF(macro) TEXT(macro)
#define TEXT(text) #text

/// An instruction set that compilers use without being asked to in the source.
struct instruction_set {
  const char *name;
  bool is_compiled_in;
  /// Where the CPU reports it: index of a word that `read_machine` fills, and a bit of it.
  unsigned word;
  unsigned long bit;
  /// The thread state that the operating system must save for it: bits of the word `saved_state`.
  unsigned long state;
};

#if defined(__x86_64__)

#include <cpuid.h>

#ifndef GLYPHLINE_PACKAGE
/// Compiles for every CPU that is fast enough to be useful: Intel's since 2008, AMD's since 2011.
static const char *const baseline_option = "-march=x86-64-v2";
#endif

/// Leaf, subleaf and register of CPUID (Intel SDM volume 2A; AMD APM volume 3 for the extended leaf).
enum {
  leaf_1_ecx,
  leaf_7_ebx,
  leaf_7_ecx,
  leaf_7_edx,
  leaf_7_1_eax,
  leaf_7_1_edx,
  extended_ecx,
  saved_state,
  word_count
};

/// Bits of the register XCR0 (Intel SDM volume 1, section 13.3).
enum { ymm = 0x6, zmm = 0xe6, egpr = 0x80000 };

static const struct instruction_set instruction_sets[] = {
    {"SSE3", IS_DEFINED(__SSE3__), leaf_1_ecx, bit_SSE3, 0},
    {"SSSE3", IS_DEFINED(__SSSE3__), leaf_1_ecx, bit_SSSE3, 0},
    {"SSE4.1", IS_DEFINED(__SSE4_1__), leaf_1_ecx, bit_SSE41, 0},
    {"SSE4.2", IS_DEFINED(__SSE4_2__), leaf_1_ecx, bit_SSE42, 0},
    {"SSE4a", IS_DEFINED(__SSE4A__), extended_ecx, bit_SSE4a, 0},
    {"POPCNT", IS_DEFINED(__POPCNT__), leaf_1_ecx, bit_POPCNT, 0},
    {"CMPXCHG16B", IS_DEFINED(__GCC_HAVE_SYNC_COMPARE_AND_SWAP_16), leaf_1_ecx, bit_CMPXCHG16B, 0},
    {"AVX", IS_DEFINED(__AVX__), leaf_1_ecx, bit_AVX, ymm},
    {"AVX2", IS_DEFINED(__AVX2__), leaf_7_ebx, bit_AVX2, ymm},
    {"FMA", IS_DEFINED(__FMA__), leaf_1_ecx, bit_FMA, ymm},
    {"FMA4", IS_DEFINED(__FMA4__), extended_ecx, bit_FMA4, ymm},
    {"F16C", IS_DEFINED(__F16C__), leaf_1_ecx, bit_F16C, ymm},
    {"XOP", IS_DEFINED(__XOP__), extended_ecx, bit_XOP, ymm},
    {"BMI", IS_DEFINED(__BMI__), leaf_7_ebx, bit_BMI, 0},
    {"BMI2", IS_DEFINED(__BMI2__), leaf_7_ebx, bit_BMI2, 0},
    {"LZCNT", IS_DEFINED(__LZCNT__), extended_ecx, bit_LZCNT, 0},
    {"MOVBE", IS_DEFINED(__MOVBE__), leaf_1_ecx, bit_MOVBE, 0},
    {"TBM", IS_DEFINED(__TBM__), extended_ecx, bit_TBM, 0},
    {"GFNI", IS_DEFINED(__GFNI__), leaf_7_ecx, bit_GFNI, 0},
    {"RAO-INT", IS_DEFINED(__RAOINT__), leaf_7_1_eax, bit_RAOINT, 0},
    {"CMPccXADD", IS_DEFINED(__CMPCCXADD__), leaf_7_1_eax, bit_CMPCCXADD, 0},
    {"AVX-VNNI", IS_DEFINED(__AVXVNNI__), leaf_7_1_eax, bit_AVXVNNI, ymm},
    {"AVX-IFMA", IS_DEFINED(__AVXIFMA__), leaf_7_1_eax, bit_AVXIFMA, ymm},
    {"AVX-NE-CONVERT", IS_DEFINED(__AVXNECONVERT__), leaf_7_1_edx, bit_AVXNECONVERT, ymm},
    {"AVX-VNNI-INT8", IS_DEFINED(__AVXVNNIINT8__), leaf_7_1_edx, bit_AVXVNNIINT8, ymm},
    {"AVX-VNNI-INT16", IS_DEFINED(__AVXVNNIINT16__), leaf_7_1_edx, bit_AVXVNNIINT16, ymm},
    {"AVX512F", IS_DEFINED(__AVX512F__), leaf_7_ebx, bit_AVX512F, zmm},
    {"AVX512BW", IS_DEFINED(__AVX512BW__), leaf_7_ebx, bit_AVX512BW, zmm},
    {"AVX512DQ", IS_DEFINED(__AVX512DQ__), leaf_7_ebx, bit_AVX512DQ, zmm},
    {"AVX512VL", IS_DEFINED(__AVX512VL__), leaf_7_ebx, bit_AVX512VL, zmm},
    {"AVX512CD", IS_DEFINED(__AVX512CD__), leaf_7_ebx, bit_AVX512CD, zmm},
    {"AVX512IFMA", IS_DEFINED(__AVX512IFMA__), leaf_7_ebx, bit_AVX512IFMA, zmm},
    {"AVX512VBMI", IS_DEFINED(__AVX512VBMI__), leaf_7_ecx, bit_AVX512VBMI, zmm},
    {"AVX512VBMI2", IS_DEFINED(__AVX512VBMI2__), leaf_7_ecx, bit_AVX512VBMI2, zmm},
    {"AVX512VNNI", IS_DEFINED(__AVX512VNNI__), leaf_7_ecx, bit_AVX512VNNI, zmm},
    {"AVX512BITALG", IS_DEFINED(__AVX512BITALG__), leaf_7_ecx, bit_AVX512BITALG, zmm},
    {"AVX512VPOPCNTDQ", IS_DEFINED(__AVX512VPOPCNTDQ__), leaf_7_ecx, bit_AVX512VPOPCNTDQ, zmm},
    {"AVX512BF16", IS_DEFINED(__AVX512BF16__), leaf_7_1_eax, bit_AVX512BF16, zmm},
    {"AVX512FP16", IS_DEFINED(__AVX512FP16__), leaf_7_edx, bit_AVX512FP16, zmm},
    {"AVX10", IS_DEFINED(__AVX10_1__), leaf_7_1_edx, bit_AVX10, zmm},
    {"APX", IS_DEFINED(__EGPR__), leaf_7_1_edx, bit_APXF, egpr},
};

static void read_machine(unsigned long words[word_count]) {
  unsigned eax, ebx, ecx, edx;
  if (__get_cpuid_count(1, 0, &eax, &ebx, &ecx, &edx)) {
    words[leaf_1_ecx] = ecx;
    if (ecx & bit_OSXSAVE) {
      __asm__("xgetbv" : "=a"(eax), "=d"(edx) : "c"(0));
      words[saved_state] = eax;
    }
  }
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx)) {
    words[leaf_7_ebx] = ebx;
    words[leaf_7_ecx] = ecx;
    words[leaf_7_edx] = edx;
    // EAX is the highest subleaf.
    if (eax >= 1 && __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx)) {
      words[leaf_7_1_eax] = eax;
      words[leaf_7_1_edx] = edx;
    }
  }
  if (__get_cpuid_count(0x80000001, 0, &eax, &ebx, &ecx, &edx)) words[extended_ecx] = ecx;
}

#elif defined(__aarch64__) && defined(__linux__)

#include <sys/auxv.h>

static const char *const baseline_option = "-march=armv8-a";

enum { hwcap, hwcap2, saved_state, word_count };

// The bits are Linux's (arch/arm64/include/uapi/asm/hwcap.h), as numbers because older headers lack the newer ones. The
// kernel sets a bit only if it saves the state that belongs to it.
static const struct instruction_set instruction_sets[] = {
    {"LSE", IS_DEFINED(__ARM_FEATURE_ATOMICS), hwcap, 1ul << 8, 0},
    {"RDM", IS_DEFINED(__ARM_FEATURE_QRDMX), hwcap, 1ul << 12, 0},
    {"RCPC", IS_DEFINED(__ARM_FEATURE_RCPC), hwcap, 1ul << 15, 0},
    {"FP16", IS_DEFINED(__ARM_FEATURE_FP16_VECTOR_ARITHMETIC), hwcap, 1ul << 10, 0},
    {"FCMA", IS_DEFINED(__ARM_FEATURE_COMPLEX), hwcap, 1ul << 14, 0},
    {"SHA3", IS_DEFINED(__ARM_FEATURE_SHA3), hwcap, 1ul << 17, 0},
    {"DotProd", IS_DEFINED(__ARM_FEATURE_DOTPROD), hwcap, 1ul << 20, 0},
    {"I8MM", IS_DEFINED(__ARM_FEATURE_MATMUL_INT8), hwcap2, 1ul << 13, 0},
    {"BF16", IS_DEFINED(__ARM_FEATURE_BF16), hwcap2, 1ul << 14, 0},
    {"SVE", IS_DEFINED(__ARM_FEATURE_SVE), hwcap, 1ul << 22, 0},
    {"SVE2", IS_DEFINED(__ARM_FEATURE_SVE2), hwcap2, 1ul << 1, 0},
    {"SVE2.1", IS_DEFINED(__ARM_FEATURE_SVE2p1), hwcap2, 1ul << 36, 0},
    {"CSSC", IS_DEFINED(__ARM_FEATURE_CSSC), hwcap2, 1ul << 34, 0},
    {"MOPS", IS_DEFINED(__ARM_FEATURE_MOPS), hwcap2, 1ul << 43, 0},
};

static void read_machine(unsigned long words[word_count]) {
  words[hwcap] = getauxval(AT_HWCAP);
  words[hwcap2] = getauxval(AT_HWCAP2);
}

#endif

#if defined(__x86_64__) || (defined(__aarch64__) && defined(__linux__))

static void print(const char *text) {
  size_t byte_count = 0;
  while (text[byte_count] != 0) byte_count++;
  // With standard error closed, only the exit code reports the failure.
  if (write(STDERR_FILENO, text, byte_count) < 0) return;
}

__attribute__((constructor(101))) static void check_instruction_sets(void) {
  static unsigned long words[word_count];
  const size_t count = sizeof instruction_sets / sizeof instruction_sets[0];
  const char *missing[sizeof instruction_sets / sizeof instruction_sets[0]];
  size_t missing_count = 0;
  read_machine(words);
  for (size_t index = 0; index < count; index++) {
    const struct instruction_set *set = &instruction_sets[index];
    const bool is_usable = (words[set->word] & set->bit) != 0 && (words[saved_state] & set->state) == set->state;
    if (set->is_compiled_in && !is_usable) missing[missing_count++] = set->name;
  }
  if (missing_count == 0) return;
  print("error: this program was built for a CPU with ");
  for (size_t index = 0; index < missing_count; index++) {
    if (index > 0) print(index + 1 < missing_count ? ", " : " and ");
    print(missing[index]);
  }
#ifdef GLYPHLINE_PACKAGE
  print(", which this machine lacks; Glyphline's packages are for CPUs with SSE4.2 (Intel since 2008, AMD since 2011)\n");
#else
  print(", which this machine lacks; run `make build` on this machine, or where it was built `make build NATIVE=");
  print(baseline_option);
  print("`\n");
#endif
  _exit(instruction_set_missing);
}

#pragma clang attribute pop

#endif
