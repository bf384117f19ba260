#include <dlfcn.h>
#include <dnnl.h>
#include <stdlib.h>

// What versions 2 and 3 of oneDNN write differently, in one form for both. Version 3 hides what a layout is made of,
// takes operations in one step where version 2 takes two, and lets convolutions dilate in the same calls.

/// The shape, element type and memory order of an operand; one owner frees it.
#if DNNL_VERSION_MAJOR >= 3
typedef dnnl_memory_desc_t glyphline_onednn_layout_t;
#else
typedef dnnl_memory_desc_t *glyphline_onednn_layout_t;

/// Takes what version 2 keeps by value to where a pointer can name it.
static inline dnnl_status_t glyphline_onednn_keep(
    glyphline_onednn_layout_t *layout, dnnl_status_t status, const dnnl_memory_desc_t *description) {
  if (status != dnnl_success) return status;
  *layout = (dnnl_memory_desc_t *)malloc(sizeof *description);
  if (!*layout) return dnnl_out_of_memory;
  **layout = *description;
  return dnnl_success;
}
#endif

/// - Parameter strides: From one element to the next in each dimension, or null to have `tag` say it.
static inline dnnl_status_t glyphline_onednn_layout_create(
    glyphline_onednn_layout_t *layout, int rank, const dnnl_dim_t *shape, dnnl_data_type_t type, dnnl_format_tag_t tag,
    const dnnl_dim_t *strides) {
#if DNNL_VERSION_MAJOR >= 3
  return strides ? dnnl_memory_desc_create_with_strides(layout, rank, shape, type, strides)
                 : dnnl_memory_desc_create_with_tag(layout, rank, shape, type, tag);
#else
  dnnl_memory_desc_t description;
  dnnl_status_t status = strides ? dnnl_memory_desc_init_by_strides(&description, rank, shape, type, strides)
                                 : dnnl_memory_desc_init_by_tag(&description, rank, shape, type, tag);
  return glyphline_onednn_keep(layout, status, &description);
#endif
}

/// The layout that an operation chose for one of its operands.
static inline dnnl_status_t glyphline_onednn_layout_of(
    glyphline_onednn_layout_t *layout, dnnl_primitive_desc_t operation, dnnl_query_t operand) {
#if DNNL_VERSION_MAJOR >= 3
  const_dnnl_memory_desc_t description = dnnl_primitive_desc_query_md(operation, operand, 0);
  return description ? dnnl_memory_desc_clone(layout, description) : dnnl_unimplemented;
#else
  const dnnl_memory_desc_t *description = dnnl_primitive_desc_query_md(operation, operand, 0);
  return glyphline_onednn_keep(layout, description ? dnnl_success : dnnl_unimplemented, description);
#endif
}

static inline void glyphline_onednn_layout_destroy(glyphline_onednn_layout_t layout) {
#if DNNL_VERSION_MAJOR >= 3
  dnnl_memory_desc_destroy(layout);
#else
  free(layout);
#endif
}

/// - Parameters:
///   - kind: Forward, backward data or backward weights.
///   - bias: null for none.
///   - forward: The forward convolution; null where this is one.
static inline dnnl_status_t glyphline_onednn_convolution(
    dnnl_primitive_desc_t *operation, dnnl_engine_t engine, dnnl_prop_kind_t kind, glyphline_onednn_layout_t input,
    glyphline_onednn_layout_t weights, glyphline_onednn_layout_t bias, glyphline_onednn_layout_t output,
    const dnnl_dim_t *strides, const dnnl_dim_t *padding, dnnl_primitive_desc_t forward,
    dnnl_primitive_attr_t attributes) {
  const dnnl_alg_kind_t algorithm = dnnl_convolution_direct;
#if DNNL_VERSION_MAJOR >= 3
  if (kind == dnnl_backward_data)
    return dnnl_convolution_backward_data_primitive_desc_create(
        operation, engine, algorithm, input, weights, output, strides, NULL, padding, padding, forward, attributes);
  if (kind == dnnl_backward_weights)
    return dnnl_convolution_backward_weights_primitive_desc_create(
        operation, engine, algorithm, input, weights, bias, output, strides, NULL, padding, padding, forward,
        attributes);
  return dnnl_convolution_forward_primitive_desc_create(
      operation, engine, kind, algorithm, input, weights, bias, output, strides, NULL, padding, padding, attributes);
#else
  dnnl_convolution_desc_t description;
  dnnl_status_t status;
  if (kind == dnnl_backward_data)
    status = dnnl_convolution_backward_data_desc_init(
        &description, algorithm, input, weights, output, strides, padding, padding);
  else if (kind == dnnl_backward_weights)
    status = dnnl_convolution_backward_weights_desc_init(
        &description, algorithm, input, weights, bias, output, strides, padding, padding);
  else
    status = dnnl_convolution_forward_desc_init(
        &description, kind, algorithm, input, weights, bias, output, strides, padding, padding);
  if (status != dnnl_success) return status;
  return dnnl_primitive_desc_create(operation, &description, attributes, engine, forward);
#endif
}

/// C = A B.
static inline dnnl_status_t glyphline_onednn_product(
    dnnl_primitive_desc_t *operation, dnnl_engine_t engine, glyphline_onednn_layout_t a, glyphline_onednn_layout_t b,
    glyphline_onednn_layout_t c, dnnl_primitive_attr_t attributes) {
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_matmul_primitive_desc_create(operation, engine, a, b, NULL, c, attributes);
#else
  dnnl_matmul_desc_t description;
  dnnl_status_t status = dnnl_matmul_desc_init(&description, a, b, NULL, c);
  if (status != dnnl_success) return status;
  return dnnl_primitive_desc_create(operation, &description, attributes, engine, NULL);
#endif
}

/// Has an operation add its result to what is there.
static inline dnnl_status_t glyphline_onednn_append_sum(dnnl_post_ops_t steps) {
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_post_ops_append_sum(steps, 1, 0, dnnl_data_type_undef);
#else
  return dnnl_post_ops_append_sum(steps, 1);
#endif
}

/// Sets how many threads OpenMP, and so oneDNN, uses for what this thread gives it. Builds of oneDNN without OpenMP lack
/// the symbols, so they are looked up by name among the loaded libraries.
static inline void glyphline_openmp_set_threads(int threads) {
  typedef void (*set_threads)(int);
  static set_threads set;
  if (!set) set = (set_threads)dlsym((void *)0, "omp_set_num_threads");
  if (set) set(threads);
}

/// How many threads OpenMP uses for what this thread gives it; 1 without OpenMP.
static inline int glyphline_openmp_threads(void) {
  typedef int (*get_threads)(void);
  static get_threads get;
  if (!get) get = (get_threads)dlsym((void *)0, "omp_get_max_threads");
  return get ? get() : 1;
}
