#include "normlab/core/parallel.h"

#include <omp.h>

namespace normlab {

int thread_count() {
  return omp_get_max_threads();
}

void set_thread_count(int count) {
  omp_set_num_threads(count);
}

namespace detail {

void run_on_threads(int threads, void* context, void (*body)(void* context, int thread)) {
// OpenMP may give fewer threads than asked for (OMP_THREAD_LIMIT, OMP_DYNAMIC, nesting); no part may be lost.
#pragma omp parallel num_threads(threads)
  for (int part = omp_get_thread_num(); part < threads; part += omp_get_num_threads()) body(context, part);
}

}  // namespace detail
}  // namespace normlab
