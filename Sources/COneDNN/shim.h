#include <dlfcn.h>
#include <dnnl.h>

/// Makes oneDNN run what this thread gives it on this thread alone. Our own workers already occupy the cores, and a second
/// team that spins between its loops would fight them. OpenMP's setting is per thread, and builds of oneDNN without OpenMP
/// lack the symbol, so it is looked up by name among the loaded libraries.
static inline void glyphline_onednn_use_calling_thread_only(void) {
  typedef void (*set_threads)(int);
  static set_threads function;
  if (!function) function = (set_threads)dlsym((void *)0, "omp_set_num_threads");
  if (function) function(1);
}
