// Normalization with given statistics, activation f and 2 x 2 max pooling with stride 2 in one pass over
// images stored channels last. Only the pooled output is written; the backward pass computes the rest again
// from x, which costs less than the memory traffic of keeping it. An odd last row or column is dropped by the
// pooling (but has its part in the statistics, and hence in dx).
//
//   n_bijc = (x_bijc - mean_bc) r_bc + shift_bc,  z = gain_c n + bias_c   (kernels/norm/normalization.h)
//   y_bijc = max over v, u in {0, 1} of f(z_b,2i+v,2j+u,c)
//
// The statistics belong to an image, or to all of them. Their kind is the caller's: moments over the batch
// make this batch norm, moments of groups of channels layer, group or instance norm; mean 0 and r = 1 leave
// the bias alone.
#pragma once

#include "normlab/core/tensor.h"
#include "normlab/kernels/activation.h"
#include "normlab/kernels/norm/normalization.h"

namespace normlab {

// Of the first image, statistics (images, channels). `stride` is the distance from those of an image to those
// of the next: channels, or 0 when all have the same.
template <class T>
struct PoolNormalization {
  ChannelNormalization<T> first;
  Index stride;
};

template <class T>
struct NormPoolForward {
  const T* x;  // (images, height, width, channels)
  PoolNormalization<T> normalization;
  T* y;       // (images, height / 2, width / 2, channels)
  T* chosen;  // as y: x where f(z) is largest, the first among equals; null when not wanted
  Index images, height, width, channels;
  Activation activation;
};

// With g = dy f'(z) at the chosen elements and 0 elsewhere:
//   sum_bc = sum_ij g_bijc,  product_bc = sum_ij g_bijc n_bijc
template <class T>
struct NormPoolSums {
  const T *chosen, *dy;  // (images, positions, channels) after pooling
  PoolNormalization<T> normalization;
  T *sum, *product;  // (images, channels); overwritten
  Index images, positions, channels;
  Activation activation;
};

//   dx_bijc = r_bc (gain_c g_bijc - mean_h_bc - n_bijc mean_product_bc)
// where the two means, of h = gain g and of h n over all that shares the statistics, are laid out as these,
// and are 0 where the statistics are constants.
template <class T>
struct NormPoolBackward {
  const T* x;   // (images, height, width, channels)
  const T* dy;  // (images, height / 2, width / 2, channels)
  PoolNormalization<T> normalization;
  const T *mean_h, *mean_product;
  T* dx;  // (images, height, width, channels); overwritten; may be x itself
  Index images, height, width, channels;
  Activation activation;
};

template <class T>
void norm_pool_forward(const NormPoolForward<T>& arguments);
template <class T>
void norm_pool_sums(const NormPoolSums<T>& arguments);
template <class T>
void norm_pool_backward(const NormPoolBackward<T>& arguments);

}  // namespace normlab
