#include "normlab/nn/softmax_cross_entropy.h"

namespace normlab {

template <class T>
SoftmaxCrossEntropy<T>::SoftmaxCrossEntropy(Value<T>& logits)
    : logits_(*this, logits, GradientWrite::in_forward),
      labels_(static_cast<std::size_t>(logits.data.dimension(0))) {}

template <class T>
void SoftmaxCrossEntropy<T>::forward() {
  const Index rows = logits_.dimension(0);
  softmax_cross_entropy(
      SoftmaxCrossEntropyArguments<T>{.logits = logits_.data(),
                                      .labels = labels_.data(),
                                      .dlogits = logits_.wants_gradient() ? logits_.gradient() : nullptr,
                                      .sums = &sums_,
                                      .rows = rows,
                                      .classes = logits_.dimension(1),
                                      .scale = T(1) / static_cast<T>(rows)});
}

template class SoftmaxCrossEntropy<float>;
#if NORMLAB_WITH_DOUBLE
template class SoftmaxCrossEntropy<double>;
#endif

}  // namespace normlab
