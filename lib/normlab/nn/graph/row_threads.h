// How operations divide rows among threads.
#pragma once

#include <algorithm>

#include "normlab/core/parallel.h"
#include "normlab/core/tensor.h"

namespace normlab {

// How many rows of that length make it worth to wake another thread: about 8192 numbers, 2 us of work.
inline Index row_grain(Index row_length) {
  return std::max<Index>(1, 8192 / row_length);
}

// Sums over rows that threads split: each thread has a part of its own, and the parts are added in the order
// of the threads, so that one thread count gives one result.
template <class T>
class ThreadSums {
 public:
  ThreadSums() = default;
  explicit ThreadSums(Index size) : parts_(Shape{thread_count(), size}), size_(size) {}
  void clear() { parts_.fill(T(0)); }
  T* part(Index thread) { return parts_.data() + thread * size_; }
  void total(T* out) const {
    std::copy_n(parts_.data(), size_, out);
    for (Index t = 1; t < parts_.dimension(0); ++t) {
      for (Index i = 0; i < size_; ++i) out[i] += parts_[t * size_ + i];
    }
  }

 private:
  Tensor<T> parts_;  // (threads, size)
  Index size_ = 0;
};

}  // namespace normlab
