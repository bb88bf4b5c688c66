// Dynamic tanh (Zhu, Chen, He, LeCun, Liu 2025, "Transformers without normalization", arXiv:2503.10622,
// section 4) fused with the activation f: a squashing function in the place of a normalization, which takes
// no statistics.
//
//   t_rc = tanh(alpha x_rc),  y_rc = f(gain_c t_rc + bias_c)
//
// with one learned alpha for the layer. A row is a sample of a fully connected layer, or one position of one
// sample of a convolution's output, stored channels last.
#pragma once

#include "normlab/core/tensor.h"
#include "normlab/kernels/activation.h"

namespace normlab {

template <class T>
struct DynamicTanhForward {
  const T* x;            // (rows, channels)
  const T *gain, *bias;  // (channels)
  T* y;                  // (rows, channels)
  T alpha;
  Index rows, channels;
  Activation activation;
};

// With g = dy f'(z) and h = g gain_c (1 - t^2):
//   dx_rc = alpha h_rc,  dalpha += sum_rc h_rc x_rc,  dgain_c += sum_r g_rc t_rc,  dbias_c += sum_r g_rc
template <class T>
struct DynamicTanhBackward {
  const T *x, *y, *dy;   // (rows, channels)
  const T *gain, *bias;  // (channels)
  T* dx;                 // (rows, channels); may be x or dy itself
  T *dgain, *dbias;      // (channels); added to
  T* dalpha;             // a single number; added to
  T alpha;
  Index rows, channels;
  Activation activation;
};

template <class T>
void dynamic_tanh_forward(const DynamicTanhForward<T>& arguments);
template <class T>
void dynamic_tanh_backward(const DynamicTanhBackward<T>& arguments);

}  // namespace normlab
