// Parts that several models share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "normlab/models/memory_count.h"
#include "normlab/nn/graph/graph.h"
#include "normlab/nn/graph/parameters.h"
#include "normlab/nn/norm/norm_spec.h"
#include "normlab/settings/visitor.h"

namespace normlab {

// Fully connected hidden layers, one behind the other.
struct DenseLayers {
  std::string name;  // "NAME.0.linear.weight", "NAME.0.norm.weight", …
  const std::vector<Index>& sizes;
  Activation activation = Activation::relu;
  double dropout = 0;
};

// Linear + normalization + activation + dropout of x (batch, in), once for each of the sizes.
template <class T>
Value<T>& add_dense_layers(Graph<T>& graph, Parameters<T>& parameters, const DenseLayers& layers, Value<T>& x,
                           const NormSpec& norm);

// Why the norm has no meaning on one of the layers, or nothing.
std::optional<std::string> undefined_reason(const DenseLayers& layers, const NormSpec& norm, Index batch);

// What the layers take, of an input of `in` features; returns how many they give.
double count_dense_layers(MemoryCount& count, const DenseLayers& layers, double in);

// The setting `activation` of the hidden layers.
void visit_activation(SettingVisitor& visitor, Activation& activation);

// The setting `dropout` of every model, which adds it by add_dropout() of nn/dropout.h.
void visit_dropout(SettingVisitor& visitor, double& dropout);

// Linear + bias, never normalized: "output.weight" (classes, in), "output.bias". x (rows, in) with any
// leading dimensions; the logits are (rows, classes).
template <class T>
Value<T>& add_output_layer(Graph<T>& graph, Parameters<T>& parameters, Value<T>& x, Index in, Index classes);

}  // namespace normlab
