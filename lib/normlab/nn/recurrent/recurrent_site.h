// What a recurrent layer is recorded with: where its parameters live and what they are called.
#pragma once

#include <string>

#include "normlab/kernels/recurrent/cell_norm.h"
#include "normlab/nn/graph/graph.h"
#include "normlab/nn/graph/parameters.h"
#include "normlab/nn/norm/norm_traits.h"
#include "normlab/nn/recurrent/recurrent_spec.h"

namespace normlab {

template <class T>
struct RecurrentSite {
  Graph<T>& graph;
  Parameters<T>& parameters;
  const std::string& prefix;
  const RecurrentSpec& spec;
  const NormSpec& norm;
  CarriedState carry;
  Index steps, batch;

  // "weight_ih" becomes PREFIXweight_ih_l0, or PREFIXweight_ih_l0_reverse.
  std::string name(const std::string& tensor) const {
    return prefix + tensor + "_l" + std::to_string(spec.layer) + (spec.reverse ? "_reverse" : "");
  }
  bool normalizes() const { return traits(norm.kind).normalizes(); }
  // "lstm, layer norm": what the operation is called.
  std::string op_name(const std::string& cell) const {
    return normalizes() ? cell + ", " + traits(norm.kind).full_name() : cell;
  }
  // Of the summed inputs; null in a normalized cell that does not learn it. Gains and biases of normalized
  // cells are never drawn.
  Parameter<T>* bias(const std::string& tensor, Index size) const {
    return normalizes() ? norm_bias(tensor, size) : plain_bias(tensor, size);
  }
  // Null where the cell is not plain; not normalized, or does not learn it; and where its norm has no bias.
  Parameter<T>* plain_bias(const std::string& tensor, Index size) const {
    return normalizes() ? nullptr : &parameters.bias(name(tensor), size, spec.hidden);
  }
  Parameter<T>* norm_bias(const std::string& tensor, Index size) const {
    if (!normalizes() || !learns_cell_bias(norm)) return nullptr;
    return &parameters.constant(name(tensor), ParameterRole::bias, {size}, T(0));
  }
  Parameter<T>* centre(const std::string& tensor, Index size) const {
    return learns_bias(norm) ? norm_bias(tensor, size) : nullptr;
  }
  // Null where the cell is not normalized, or does not learn it. Batch norm's gains start at 0.1, so that
  // tanh does not start saturated (Cooijmans et al. 2016, section 4).
  Parameter<T>* gain(const std::string& tensor, Index size) const {
    if (!learns_gain(norm)) return nullptr;
    const T start = per_column() ? T(0.1) : T(1);
    return &parameters.constant(name(tensor), ParameterRole::gain, {size}, start);
  }
  // Of dynamic tanh.
  Parameter<T>& alpha(const std::string& tensor) const {
    return parameters.constant(name(tensor), ParameterRole::gain, {1}, static_cast<T>(norm.alpha));
  }
  // Null where the state starts at zero. Batches of different sizes are different streams.
  Tensor<T>* carried(const std::string& tensor) const {
    if (carry == CarriedState::zero) return nullptr;
    return &parameters.state(
        std::string(carried_state_prefix(graph.mode())) + name(tensor) + "_batch" + std::to_string(batch),
        {batch, spec.hidden});
  }
  // Whether the cell normalizes columns, each hidden unit over the batch, or rows, each sample by itself.
  bool per_column() const { return traits(norm.kind).statistics == Statistics::channel; }
  // Or neither, but squashes every element by itself.
  bool per_element() const { return traits(norm.kind).statistics == Statistics::learned; }
  CellNorm<T> cell_norm() const {
    const auto epsilon = static_cast<T>(norm.epsilon), momentum = static_cast<T>(norm.momentum);
    if (!normalizes()) return {};
    if (per_column()) {
      return {.side = CellSide::per_column, .epsilon = epsilon, .momentum = momentum, .training = training()};
    }
    if (per_element()) return {.side = CellSide::per_element};
    const RowNorm row = traits(norm.kind).centred ? RowNorm::layer : RowNorm::rms;
    return {
        .side = CellSide::per_row, .row = row, .groups = group_count(norm, spec.hidden), .epsilon = epsilon};
  }
  bool training() const { return graph.mode() == Mode::training; }

  static std::string_view carried_state_prefix(Mode mode) {
    return mode == Mode::training ? "carried.training." : "carried.evaluation.";
  }
};

}  // namespace normlab
