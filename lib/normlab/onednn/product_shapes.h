// What a matrix product or a convolution multiplies.
#pragma once

#include "normlab/core/tensor.h"

namespace normlab {

// C (m x n) = op(A) (m x k) * op(B) (k x n), all row-major; with `accumulate`, C += instead.
// Leading dimensions count elements between rows as stored; 0 means tightly packed.
struct ProductShape {
  Index m = 0, n = 0, k = 0;
  bool transpose_a = false;  // A is stored k x m
  bool transpose_b = false;  // B is stored n x k
  bool accumulate = false;
  Index lda = 0, ldb = 0, ldc = 0;
  auto operator<=>(const ProductShape&) const = default;
};

struct ConvolutionShape {
  Index batch = 0, in_channels = 0, out_channels = 0, height = 0, width = 0;
  Index kernel = 3, stride = 1, padding = 1;
  Index out_height() const { return (height + 2 * padding - kernel) / stride + 1; }
  Index out_width() const { return (width + 2 * padding - kernel) / stride + 1; }
  auto operator<=>(const ConvolutionShape&) const = default;
};

enum class ConvolutionPass { forward, backward_data, backward_weights };

}  // namespace normlab
