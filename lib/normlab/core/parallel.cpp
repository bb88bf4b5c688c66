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
#pragma omp parallel num_threads(threads)
  body(context, omp_get_thread_num());
}

}  // namespace detail
}  // namespace normlab
