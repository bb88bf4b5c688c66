// Group normalization (Wu & He 2018) of each sample by itself, fused with the activation f: the channels are
// divided into `groups` equal parts, m = channels / groups neighbours each, and every part is normalized over
// its channels and all positions. As many groups as channels make it instance normalization (Ulyanov et al.
// 2016), one group layer normalization.
//
//   mean_k, variance_k of group k, over N = positions * m values
//   n_pc = (x_pc - mean_k) / sqrt(variance_k + epsilon),  k = floor(c / m)
//   y_pc = f(gain_c n_pc + bias_c)
//
// Vectors run across channels: moments of every channel over the positions (as accurate as those of
// kernels/norm/batch_norm.h), which are then combined into those of the groups. For many positions; where
// there is one, a group is a layer normalization of m features (kernels/norm/row_norm.h).
#pragma once

#include "normlab/core/tensor.h"
#include "normlab/kernels/activation.h"

namespace normlab {

template <class T>
struct GroupNormForward {
  const T* x;            // (samples, positions, channels)
  const T *gain, *bias;  // (channels)
  T* y;                  // (samples, positions, channels)
  // (samples, channels), each group's repeated for its channels, kept for backward; as in
  // kernels/norm/normalization.h.
  T *mean, *reciprocal_deviation, *shift;
  Index samples, positions, channels, groups;
  T epsilon;
  Activation activation;
};

// With g = dy f'(z), h = g gain, and means over the N values of group k:
//   dx_pc = (h_pc - mean_k(h) - n_pc mean_k(h n)) / sqrt(variance_k + epsilon)
//   dgain_c += sum g n,  dbias_c += sum g   (accumulated over samples and positions)
template <class T>
struct GroupNormBackward {
  const T *x, *y, *dy;
  const T *gain, *bias, *mean, *reciprocal_deviation, *shift;
  T* dx;             // (samples, positions, channels); may be dy itself
  T *dgain, *dbias;  // (channels); added to
  T* scratch;        // (2, channels)
  Index samples, positions, channels, groups;
  Activation activation;
};

template <class T>
void group_norm_forward(const GroupNormForward<T>& arguments);
template <class T>
void group_norm_backward(const GroupNormBackward<T>& arguments);

}  // namespace normlab
