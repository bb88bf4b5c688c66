// What training remembers of a batch's statistics, for evaluation to use (Ioffe & Szegedy 2015, Algorithm 2;
// momentum as PyTorch counts it):
//
//   running = (1 - momentum) running + momentum statistic
//
// where the statistic of the variance is unbiased, variance N / (N - 1). Vectors of channels have the same in
// kernels/norm/running_average-inl.h.
#pragma once

#include <algorithm>

#include "normlab/core/tensor.h"

namespace normlab {

template <class T>
T moved_average(T running, T statistic, T momentum) {
  return running + momentum * (statistic - running);
}

template <class T>
T unbiased_variance(T variance, T count) {
  return variance * count / std::max(count - 1, T(1));
}

}  // namespace normlab
