// Statistics of images stored channels last, each image by itself: what batch, group and RMS normalization
// start from where they are fused with what follows (kernels/norm/norm_pool.h).
#pragma once

#include "normlab/core/tensor.h"

namespace normlab {

// Mean and sum of squares of every channel over the positions of every image, by the corrected two-pass
// algorithm (kernels/norm/columns-inl.h): the mean is origin + offset, more precise than one number of type
// T, and squares is the sum of (x - mean)^2.
template <class T>
struct ImageMoments {
  const T* x;                    // (images, positions, channels)
  T *origin, *offset, *squares;  // (images, channels)
  Index images, positions, channels;
};

//   square = 1/N sum_i x_i^2
template <class T>
struct MeanSquare {
  const T* x;  // (count)
  T* square;   // a single number
  Index count;
};

template <class T>
void image_moments(const ImageMoments<T>& arguments);
template <class T>
void mean_square(const MeanSquare<T>& arguments);

// Mean (mean + correction) and variance of several sets of values, `values` in each, from the moments of the
// sets: with d_k = origin_k - origin_0 + offset_k and e = mean_k(d_k),
//   mean = origin_0 + e,  variance = 1/K sum_k (squares_k / values + (d_k - e)^2).
template <class T>
struct CommonMoments {
  T mean, correction, variance;
};
template <class T>
CommonMoments<T> common_moments(const T* origin, const T* offset, const T* squares, Index sets, Index stride,
                                Index values) {
  T sum = 0;
  for (Index k = 0; k < sets * stride; k += stride) sum += origin[k] - origin[0] + offset[k];
  const T correction = sum / static_cast<T>(sets);
  T within = 0, between = 0;
  for (Index k = 0; k < sets * stride; k += stride) {
    const T deviation = origin[k] - origin[0] + offset[k] - correction;
    within += squares[k];
    between += deviation * deviation;
  }
  return {origin[0], correction, (within / static_cast<T>(values) + between) / static_cast<T>(sets)};
}

}  // namespace normlab
