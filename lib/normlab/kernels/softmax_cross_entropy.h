// Softmax and cross-entropy of rows of logits.
//
//   p_k = exp(x_k - max x) / sum_j exp(x_j - max x)
//   loss = -log p_label = log(sum_j exp(x_j - max x)) + max x - x_label   (nats)
#pragma once

#include <cstdint>

#include "normlab/core/tensor.h"

namespace normlab {

// The sums over the rows that were processed.
struct ClassificationSums {
  double loss = 0;
  Index errors = 0;  // rows whose label is not the first of the largest logits
  Index count = 0;

  ClassificationSums& operator+=(const ClassificationSums& other) {
    loss += other.loss;
    errors += other.errors;
    count += other.count;
    return *this;
  }
};

// dlogits (rows, classes) = (p - onehot(label)) * scale; not computed when dlogits is null. A logit that is
// not a number makes the loss not a number.
template <class T>
struct SoftmaxCrossEntropyArguments {
  const T* logits;             // (rows, classes)
  const std::int32_t* labels;  // (rows), each in [0, classes)
  T* dlogits;
  ClassificationSums* sums;  // overwritten
  Index rows, classes;
  T scale;
};

template <class T>
void softmax_cross_entropy(const SoftmaxCrossEntropyArguments<T>& arguments);

}  // namespace normlab
