// Parts that several models share.
#pragma once

#include <string>

#include "normlab/nn/graph.h"
#include "normlab/nn/norm_spec.h"
#include "normlab/nn/parameters.h"
#include "normlab/settings/visitor.h"

namespace normlab {

// Linear + normalization + activation of x (batch, in): "NAME.linear.weight", "NAME.norm.weight", ...
template <class T>
Value<T>& add_dense_block(Graph<T>& graph, Parameters<T>& parameters, const std::string& name, Value<T>& x,
                          Index out, const NormSpec& norm, Activation activation);

// The setting `dropout` of every model, which adds it by add_dropout() of nn/dropout.h.
void visit_dropout(SettingVisitor& visitor, double& dropout);

// Linear + bias, never normalized: "output.weight" (classes, in), "output.bias". x (rows, in) with any
// leading dimensions; the logits are (rows, classes).
template <class T>
Value<T>& add_output_layer(Graph<T>& graph, Parameters<T>& parameters, Value<T>& x, Index in, Index classes);

}  // namespace normlab
