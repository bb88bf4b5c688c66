// Batch normalization (Ioffe & Szegedy 2015) fused with the activation f: every channel is normalized over
// all rows. A row is a sample of a fully connected layer, or one position of one sample of a convolution's
// output, stored channels last.
//
//   mean_c = 1/N sum_r x_rc,  variance_c = 1/N sum_r (x_rc - mean_c)^2,  N = rows
//   n_rc = (x_rc - mean_c) / sqrt(variance_c + epsilon)
//   y_rc = f(gain_c n_rc + bias_c)
//
// Evaluation takes mean and variance from running averages that training updates
// (kernels/norm/running_average.h).
//
// Statistics come from the corrected two-pass algorithm on chunks of rows, merged (Chan, Golub, LeVeque
// 1983): a large common offset costs no accuracy, and rows are read from memory only once for both passes.
#pragma once

#include "normlab/core/tensor.h"
#include "normlab/kernels/activation.h"

namespace normlab {

// Every pointer is to the first of `channels` channels; `stride` elements lie between two rows of x and y, so
// that threads can take their share of the channels.
template <class T>
struct BatchNormForward {
  const T* x;            // (rows, channels)
  const T *gain, *bias;  // (channels)
  T* y;                  // (rows, channels)
  // (channels), kept for backward; as in kernels/norm/normalization.h
  T *mean, *reciprocal_deviation, *shift;
  T *running_mean, *running_variance;  // (channels); training updates, evaluation reads
  Index rows, channels, stride;
  T epsilon, momentum;
  Activation activation;
  bool training;
};

// Of the training mode. With g = dy f'(z):
//   dbias_c = sum_r g_rc,  dgain_c = sum_r g_rc n_rc
//   dx_rc = gain_c (g_rc - dbias_c / N - n_rc dgain_c / N) / sqrt(variance_c + epsilon)
template <class T>
struct BatchNormBackward {
  const T *x, *y, *dy;
  const T *gain, *bias, *mean, *reciprocal_deviation, *shift;
  T* dx;             // (rows, channels); may be dy itself
  T *dgain, *dbias;  // (channels); overwritten
  Index rows, channels, stride;
  Activation activation;
};

template <class T>
void batch_norm_forward(const BatchNormForward<T>& arguments);
template <class T>
void batch_norm_backward(const BatchNormBackward<T>& arguments);

}  // namespace normlab
