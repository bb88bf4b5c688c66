// Loops over the threads of this process. The partition depends only on the bounds and the thread count, so
// the same thread count gives the same numbers, bit for bit.
#pragma once

#include <algorithm>
#include <functional>

#include "normlab/core/tensor.h"

namespace normlab {

int thread_count();
// Sets the number of threads of our loops and of oneDNN's products alike (both use OpenMP).
void set_thread_count(int count);

namespace detail {
void run_on_threads(int threads, void* context, void (*body)(void* context, int thread));
}

// Calls body(begin, end, thread) on contiguous parts of [0, count), one part a thread, in the calling thread
// alone (thread 0) when there are fewer than 2 * grain items. Allocates nothing.
template <class Body>
void parallel_for(Index count, Index grain, Body&& body) {
  const Index parts = std::min<Index>(thread_count(), count / std::max<Index>(grain, 1));
  if (parts < 2) {
    if (count > 0) body(Index{0}, count, 0);
    return;
  }
  struct Context {
    Body& body;
    Index count, parts;
  } context{body, count, parts};
  detail::run_on_threads(static_cast<int>(parts), &context, [](void* opaque, int thread) {
    auto& c = *static_cast<Context*>(opaque);
    c.body(c.count * thread / c.parts, c.count * (thread + 1) / c.parts, thread);
  });
}

}  // namespace normlab
