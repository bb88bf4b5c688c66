// Normalization of each sample by itself, fused with the activation f: layer normalization (Ba, Kiros, Hinton
// 2016, section 3) and root mean square normalization (Zhang & Sennrich 2019), which is the same without the
// mean and without the bias.
//
//   layer: mean = 1/N sum_i x_i,  variance = 1/N sum_i (x_i - mean)^2,  N = positions * channels
//   rms:   mean = 0,              variance = 1/N sum_i x_i^2
//   n_i = (x_i - mean) / sqrt(variance + epsilon)
//   y_i = f(gain_c n_i + bias_c),  c = i mod channels
//
// A fully connected layer has one position; a convolution's output, stored channels last, has height * width.
// Statistics come from the corrected two-pass algorithm (Chan, Golub, LeVeque 1983), so a large common offset
// costs no accuracy: n_i is computed with a shift that makes up for the rounding of the mean
// (kernels/norm/normalization.h).
#pragma once

#include "normlab/core/tensor.h"
#include "normlab/kernels/activation.h"
#include "normlab/kernels/norm/normalization.h"

namespace normlab {

// `norm` is layer or rms. Under rms bias, mean, shift and dbias are not touched, and may be null.
template <class T>
struct RowNormForward {
  RowNorm norm;
  const T* x;                              // (samples, positions, channels)
  const T *gain, *bias;                    // (channels)
  T* y;                                    // (samples, positions, channels)
  T *mean, *reciprocal_deviation, *shift;  // (samples), kept for backward
  Index samples, positions, channels;
  T epsilon;
  Activation activation;
};

// With g_i = dy_i f'(z_i) and h_i = g_i gain_c:
//   dx_i = (h_i - 1/N sum_j h_j - n_i 1/N sum_j h_j n_j) / sqrt(variance + epsilon), under rms without the
//          first mean
//   dgain_c += sum g_i n_i,  dbias_c += sum g_i   (accumulated over samples and positions)
template <class T>
struct RowNormBackward {
  RowNorm norm;
  const T *x, *y, *dy;
  const T *gain, *bias, *mean, *reciprocal_deviation, *shift;
  T* dx;             // (samples, positions, channels); may be dy itself
  T *dgain, *dbias;  // (channels); added to
  Index samples, positions, channels;
  Activation activation;
};

template <class T>
void row_norm_forward(const RowNormForward<T>& arguments);
template <class T>
void row_norm_backward(const RowNormBackward<T>& arguments);

}  // namespace normlab
