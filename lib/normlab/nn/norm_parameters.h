// The tensors of a normalized layer.
#pragma once

#include <string>

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

}  // namespace normlab
