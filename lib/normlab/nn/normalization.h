// The normalizations of docs/design.md on the summed inputs of a fully connected or convolutional layer, each
// fused with the activation that follows; `none` and `weight` add the bias in the same place.
#pragma once

#include <optional>
#include <string>

#include "normlab/core/parallel.h"
#include "normlab/nn/graph.h"
#include "normlab/nn/norm_traits.h"
#include "normlab/nn/parameters.h"

namespace normlab {

// What a normalized layer learns and remembers, all of shape (channels); null where the norm has none.
template <class T>
struct NormParameters {
  Parameter<T>*gain = nullptr, *bias = nullptr;
  Tensor<T>*running_mean = nullptr, *running_variance = nullptr;
};

// Declares them below `name` ("hidden.0"): bias "hidden.0.linear.bias" where the summed inputs are not
// normalized, else "hidden.0.norm.weight", ".bias", ".running_mean", ".running_var". `layer` is the name of
// the layer within `name` ("linear", "convolution"), `fan_in` that of its weights.
template <class T>
NormParameters<T> declare_norm_parameters(Parameters<T>& parameters, const std::string& name,
                                          const std::string& layer, Index fan_in, Index channels, Norm norm);

// Throws RequestError where the norm is not defined; batch norm may evaluate a single sample, with its
// running statistics. `name` is that of the layer.
void require_defined(const NormSpec& norm, const NormGeometry& geometry, Mode mode, const std::string& name);

// Declares the layer's parameters and records the operation. Throws what require_defined() throws.
template <class T>
Value<T>& add_normalization(Graph<T>& graph, Parameters<T>& parameters, const std::string& name,
                            const std::string& layer, Index fan_in, Value<T>& x, const NormGeometry& geometry,
                            const NormSpec& norm, Activation activation);

// Weight of a layer named `name` + ".weight" and, under weight norm, its reparametrization w = g v / ||v||
// from ".weight_g" and ".weight_v" (the names of torch.nn.utils.weight_norm). Returns what the layer
// multiplies with. A layer that declares v itself uses add_weight_norm() of nn/weight_norm.h.
template <class T>
Value<T>& add_weight(Graph<T>& graph, Parameters<T>& parameters, const std::string& name, const Shape& shape,
                     const NormSpec& norm, Activation followed_by);

// How many rows of that length make it worth to wake another thread: about 8192 numbers, 2 us of work.
inline Index row_grain(Index row_length) {
  return std::max<Index>(1, 8192 / row_length);
}

// Sums over rows that threads split: each thread has a part of its own, and the parts are added in the order
// of the threads, so that one thread count gives one result.
template <class T>
class ThreadSums {
 public:
  ThreadSums() = default;
  explicit ThreadSums(Index size) : parts_(Shape{thread_count(), size}), size_(size) {}
  void clear() { parts_.fill(T(0)); }
  T* part(Index thread) { return parts_.data() + thread * size_; }
  void total(T* out) const {
    std::copy_n(parts_.data(), size_, out);
    for (Index t = 1; t < parts_.dimension(0); ++t) {
      for (Index i = 0; i < size_; ++i) out[i] += parts_[t * size_ + i];
    }
  }

 private:
  Tensor<T> parts_;  // (threads, size)
  Index size_ = 0;
};

}  // namespace normlab
