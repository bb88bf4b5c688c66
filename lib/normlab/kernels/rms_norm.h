// Root mean square normalization (Zhang & Sennrich 2019) of each sample by itself, fused with the activation
// f. Layer normalization without the mean and without the bias.
//
//   square = 1/N sum_i x_i^2,  N = positions * channels
//   n_i = x_i / sqrt(square + epsilon)
//   y_i = f(gain_c n_i),  c = i mod channels
#pragma once

#include "normlab/core/tensor.h"
#include "normlab/kernels/activation.h"

namespace normlab {

template <class T>
struct RmsNormForward {
  const T* x;          // (samples, positions, channels)
  const T* gain;       // (channels)
  T* y;                // (samples, positions, channels)
  T* reciprocal_root;  // (samples): 1 / sqrt(square + epsilon), kept for backward
  Index samples, positions, channels;
  T epsilon;
  Activation activation;
};

// With g_i = dy_i f'(z_i) and h_i = g_i gain_c:
//   dx_i = (h_i - n_i 1/N sum_j h_j n_j) / sqrt(square + epsilon)
//   dgain_c += sum g_i n_i   (accumulated over samples and positions)
template <class T>
struct RmsNormBackward {
  const T *x, *y, *dy;
  const T *gain, *reciprocal_root;
  T* dx;     // (samples, positions, channels); may be dy itself
  T* dgain;  // (channels); added to
  Index samples, positions, channels;
  Activation activation;
};

template <class T>
void rms_norm_forward(const RmsNormForward<T>& arguments);
template <class T>
void rms_norm_backward(const RmsNormBackward<T>& arguments);

}  // namespace normlab
