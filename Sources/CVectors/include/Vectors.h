#pragma once

/// Eight float32 numbers: `SIMD8<Float>` in Swift.
typedef float vector __attribute__((ext_vector_type(8)));

/// a * b + c: rounded once, in one instruction, where the program is compiled for CPUs that have one; else rounded twice. (Swift's
/// `addingProduct` rounds once on every CPU, and without that instruction calls a function for each number.)
static inline __attribute__((always_inline)) vector vector_multiply_add(vector a, vector b, vector c) {
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
  return __builtin_elementwise_fma(a, b, c);
#else
  return a * b + c;
#endif
}
