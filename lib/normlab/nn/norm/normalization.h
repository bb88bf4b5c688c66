// The normalizations of docs/design.md on the summed inputs of a fully connected or convolutional layer, each
// fused with the activation that follows; `none` and `weight` add the bias in the same place. Where
// norm.position puts the norm after the activation, bias and activation are an operation before it.
#pragma once

#include <string>

#include "normlab/nn/graph/graph.h"
#include "normlab/nn/norm/norm_parameters.h"
#include "normlab/nn/norm/norm_traits.h"

namespace normlab {

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
// multiplies with. A layer that declares v itself uses add_weight_norm() of nn/norm/weight_norm.h.
template <class T>
Value<T>& add_weight(Graph<T>& graph, Parameters<T>& parameters, const std::string& name, const Shape& shape,
                     const NormSpec& norm, Activation followed_by);

}  // namespace normlab
