// The tensors of a normalized layer.
#pragma once

#include <string>

#include "normlab/nn/graph/op.h"
#include "normlab/nn/graph/parameters.h"
#include "normlab/nn/norm/norm_traits.h"

namespace normlab {

// What a normalized layer learns and remembers, null where the norm has none.
template <class T>
struct NormParameters {
  Parameter<T>*gain = nullptr, *bias = nullptr;                   // (channels)
  Parameter<T>* alpha = nullptr;                                  // (1)
  Tensor<T>*running_mean = nullptr, *running_variance = nullptr;  // (channels)
};

// Gain and bias of an operation, with constants in place of what the norm does not learn, so that the kernels
// and the time they take are the same.
template <class T>
class GainAndBias {
 public:
  GainAndBias(Op<T>& op, const NormParameters<T>& parameters, Index channels)
      : gain_(op, parameters.gain), bias_(op, parameters.bias) {
    if (!gain_) {
      for (auto* tensor : {&ones_, &unused_gain_gradient_}) *tensor = Tensor<T>({channels});
      ones_.fill(T(1));
    }
    if (!bias_) {
      for (auto* tensor : {&zeros_, &unused_bias_gradient_}) *tensor = Tensor<T>({channels});
    }
  }
  const T* gain() const { return gain_ ? gain_.data() : ones_.data(); }
  const T* bias() const { return bias_ ? bias_.data() : zeros_.data(); }
  // To be overwritten by backward().
  T* gain_gradient() { return gain_ ? gain_.gradient() : unused_gain_gradient_.data(); }
  T* bias_gradient() { return bias_ ? bias_.gradient() : unused_bias_gradient_.data(); }

 private:
  Input<T> gain_, bias_;
  Tensor<T> ones_, zeros_, unused_gain_gradient_, unused_bias_gradient_;  // (channels)
};

// Declares them below `name` ("hidden.0"): bias "hidden.0.linear.bias" where the summed inputs are not
// normalized, else "hidden.0.norm.alpha", ".weight", ".bias", ".running_mean", ".running_var". `layer` is the
// name of the layer within `name` ("linear", "convolution"), `fan_in` that of its weights.
template <class T>
NormParameters<T> declare_norm_parameters(Parameters<T>& parameters, const std::string& name,
                                          const std::string& layer, Index fan_in, Index channels,
                                          const NormSpec& norm);

}  // namespace normlab
