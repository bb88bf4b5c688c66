// Two-dimensional convolutions without a bias. A convolution is planned once (oneDNN primitives, shared by
// equal plans) and run many times.
//
//   dst[b, y, x, o] = sum over i, v, u of src[b, y stride + v - padding, x stride + u - padding, i]
//                                         * weights[o, i, v, u],   src being 0 outside of the image
//
// Images are stored channels last, (batch, height, width, channels), so that a normalization sees rows of
// channels; weights have PyTorch's order, (out, in, kernel, kernel). Channels last is also the faster order:
// oneDNN 2.6's vectorized convolutions take it directly, at the speed of its blocked formats or above, and
// only the weights are copied to a blocked format, once each run (4 us for 64 x 32 x 3 x 3).
#pragma once

#include <memory>

#include "normlab/onednn/product_shapes.h"

namespace normlab {

// Which gradients will be asked for; the first layer of a network needs none of its images.
struct ConvolutionGradients {
  bool src = false, weights = false;
};

// float runs through oneDNN; double is a plain loop, for checking gradients.
template <class T>
class Convolution {
 public:
  Convolution(const ConvolutionShape& shape, const ConvolutionGradients& gradients);
  ~Convolution();
  Convolution(Convolution&&) noexcept;
  Convolution& operator=(Convolution&&) noexcept;

  void forward(const T* src, const T* weights, T* dst) const;
  // The two below overwrite dsrc and dweights, and need the matching gradient to have been planned.
  void backward_data(const T* ddst, const T* weights, T* dsrc) const;
  void backward_weights(const T* src, const T* ddst, T* dweights) const;

  const ConvolutionShape& shape() const { return shape_; }
  // Of forward(), those with the zeros of the padding included.
  Index multiply_adds() const;

 private:
  struct Plan;
  ConvolutionShape shape_;
  std::unique_ptr<Plan> plan_;
};

}  // namespace normlab
