// Update rules, each one pass over a parameter. `gradient_scale` multiplies every gradient first (clipping).
#pragma once

#include "normlab/core/tensor.h"

namespace normlab {

// Adam (Kingma & Ba 2015, algorithm 1) and AdamW (Loshchilov & Hutter 2019):
//   g = gradient_scale * gradient + weight_decay * p
//   p = p * (1 - decoupled_decay)
//   m = beta1 m + (1 - beta1) g,  v = beta2 v + (1 - beta2) g^2
//   p = p - step_size * m / (sqrt(v) * root_correction + epsilon)
// with step_size = learning_rate / (1 - beta1^t) and root_correction = 1 / sqrt(1 - beta2^t).
template <class T>
struct AdamUpdate {
  T* parameter;
  const T* gradient;
  T *first_moment, *second_moment;
  Index size;
  T beta1, beta2;
  T one_minus_beta1, one_minus_beta2;  // rounded by themselves: 1 - T(0.999) is off by 1.3e-5 in float
  T epsilon, step_size, root_correction, weight_decay, decoupled_decay, gradient_scale;
};

// SGD, with momentum when `velocity` is not null (Sutskever et al. 2013, in PyTorch's form):
//   g = gradient_scale * gradient + weight_decay * p
//   v = momentum v + g;  step = nesterov ? g + momentum v : v   (step = g without momentum)
//   p = p - learning_rate * step
template <class T>
struct SgdUpdate {
  T* parameter;
  const T* gradient;
  T* velocity;
  Index size;
  T learning_rate, momentum, weight_decay, gradient_scale;
  bool nesterov;
};

// The sum of squares of `x`, accumulated in double precision over blocks.
template <class T>
struct SumOfSquares {
  const T* x;
  Index size;
  double* sum;  // added to
};

template <class T>
void adam_update(const AdamUpdate<T>& arguments);
template <class T>
void sgd_update(const SgdUpdate<T>& arguments);
template <class T>
void sum_of_squares(const SumOfSquares<T>& arguments);

}  // namespace normlab
