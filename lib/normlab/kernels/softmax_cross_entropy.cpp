#include "normlab/kernels/softmax_cross_entropy.h"

#include <cmath>

#include "normlab/kernels/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "normlab/kernels/softmax_cross_entropy.cpp"
#include <hwy/foreach_target.h>

#include "normlab/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

// The place of the first largest element; a row of not-a-numbers gives 0.
template <class T>
HWY_INLINE Index first_largest(const T* x, Index n) {
  Index best = 0;
  for (Index i = 1; i < n; ++i) {
    if (x[i] > x[best]) best = i;
  }
  return best;
}

template <class T>
void softmax_cross_entropy(const SoftmaxCrossEntropyArguments<T>& a) {
  const hn::ScalableTag<T> d;
  ClassificationSums sums{.count = a.rows};
  for (Index row = 0; row < a.rows; ++row) {
    const T* x = a.logits + row * a.classes;
    const Index label = a.labels[row];
    const Index largest = first_largest(x, a.classes);
    const auto shift = hn::Set(d, x[largest]);
    auto total = hn::Zero(d);
    auto not_a_number = hn::Zero(d);  // stays 0 unless a logit is not finite; SIMD exp() would hide it
    for_each_vector(d, a.classes, [&](auto access, Index i) HWY_ATTR {
      const auto logits = access.load(x + i);
      not_a_number = hn::MulAdd(hn::Zero(d), logits, not_a_number);
      const auto e = access.keep(hn::Exp(d, hn::Sub(logits, shift)));
      total = hn::Add(total, e);
      if (a.dlogits != nullptr) access.store(e, a.dlogits + row * a.classes + i);
    });
    const T sum = sum_of_lanes(d, total) + sum_of_lanes(d, not_a_number);
    sums.loss +=
        std::log(static_cast<double>(sum)) + static_cast<double>(x[largest]) - static_cast<double>(x[label]);
    sums.errors += largest == label ? 0 : 1;
    if (a.dlogits == nullptr) continue;
    T* dx = a.dlogits + row * a.classes;
    const auto factor = hn::Set(d, a.scale / sum);
    for_each_vector(d, a.classes, [&](auto access, Index i) HWY_ATTR {
      access.store(hn::Mul(access.load(dx + i), factor), dx + i);
    });
    dx[label] -= a.scale;
  }
  *a.sums = sums;
}

NORMLAB_TARGET_KERNEL(softmax_cross_entropy, SoftmaxCrossEntropyArguments)

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace normlab {
NORMLAB_EXPORT_KERNEL(softmax_cross_entropy, SoftmaxCrossEntropyArguments)
}  // namespace normlab
#endif
