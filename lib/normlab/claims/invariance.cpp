#include "normlab/claims/invariance.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "normlab/core/random.h"
#include "normlab/nn/graph/graph.h"
#include "normlab/nn/graph/parameters.h"
#include "normlab/nn/linear.h"
#include "normlab/nn/norm/normalization.h"

namespace normlab {
namespace {

constexpr Index samples = 6, features = 9, units = 7;

void fill_normal(Tensor<float>& tensor, std::uint64_t seed, std::string_view name, double mean) {
  Random random(seed, hash_name(name));
  for (float& element : tensor.span()) element = static_cast<float>(mean + random.normal());
}

Norm norm_of(const std::string& name) {
  return static_cast<Norm>(std::ranges::find(norm_names(), name) - norm_names().begin());
}

class RandomLayer {
 public:
  RandomLayer(Norm kind, std::uint64_t seed) : norm_{.kind = kind, .epsilon = 1e-14}, seed_(seed) {
    record(training_);
    record(test_);
    fill_normal(data(), seed, "data", 1);
    for (auto& parameter : parameters_.parameters()) {
      if (&parameter != &parameters_.parameters().front())
        fill_normal(parameter.data, seed, parameter.name, 0.2);  // gains and biases
    }
  }

  const Tensor<float>& output() {
    shown_->graph.forward();
    return shown_->output->data;
  }
  Tensor<float>& weight() { return parameters_.parameters().front().data; }  // v under weight norm
  Tensor<float>& data() { return training_.data->data; }

  // From now on it computes as in a test.
  void go_to_test() {
    test_.data->data.copy_from(data());
    for (int batch = 0; batch < batches_before_test; ++batch) {
      fill_normal(data(), seed_, "batch " + std::to_string(batch), 1);
      training_.graph.forward();
    }
    shown_ = &test_;
  }
  void replace_all_samples_but_the_first() {
    Tensor<float> others({samples, features});
    fill_normal(others, seed_, "others", 1);
    std::copy(others.data() + features, others.data() + others.size(), data().data() + features);
  }

 private:
  static constexpr int batches_before_test = 200;
  struct OneMode {
    Graph<float> graph;
    Value<float>* data = nullptr;
    Value<float>* output = nullptr;
  };

  void record(OneMode& mode) {
    Graph<float>& graph = mode.graph;
    mode.data = &graph.input({samples, features});
    auto& w = add_weight(graph, parameters_, "layer", {units, features}, norm_, Activation::identity);
    auto& sums = graph.value({samples, units});
    graph.add<Linear<float>>(*mode.data, w, sums);
    mode.output = &add_normalization(graph, parameters_, "layer", "linear", features, sums,
                                     {samples, 1, units}, norm_, Activation::identity);
    graph.output(*mode.output);
  }

  NormSpec norm_;
  std::uint64_t seed_;
  Parameters<float> parameters_{InitSpec{}, 1};
  OneMode training_{Graph<float>(Mode::training)}, test_{Graph<float>(Mode::evaluation)};
  OneMode* shown_ = &training_;
};

void scale_row(Tensor<float>& matrix, Index row) {
  const Index columns = matrix.dimension(1);
  for (Index j = 0; j < columns; ++j) matrix[row * columns + j] *= 3;
}

void scale_all(Tensor<float>& matrix) {
  for (float& element : matrix.span()) element *= 3;
}

void shift_rows(Tensor<float>& matrix) {
  const Index columns = matrix.dimension(1);
  for (Index i = 0; i < matrix.size(); ++i) matrix[i] += 0.3F + 0.1F * static_cast<float>(i % columns);
}

using Change = std::function<void(RandomLayer&)>;

// In the order of invariance_changes().
const std::vector<Change>& changes_of_layers() {
  static const std::vector<Change> changes{[](RandomLayer& layer) { scale_all(layer.weight()); },
                                           [](RandomLayer& layer) { shift_rows(layer.weight()); },
                                           [](RandomLayer& layer) { scale_row(layer.weight(), units / 2); },
                                           [](RandomLayer& layer) { scale_all(layer.data()); },
                                           [](RandomLayer& layer) { shift_rows(layer.data()); },
                                           [](RandomLayer& layer) { scale_row(layer.data(), samples / 2); },
                                           &RandomLayer::replace_all_samples_but_the_first,
                                           &RandomLayer::go_to_test};
  return changes;
}

double deviation_of(const Tensor<float>& values) {
  double sum = 0, squares = 0;
  for (const float value : values.span()) {
    sum += value;
    squares += static_cast<double>(value) * value;
  }
  const auto count = static_cast<double>(values.size());
  return std::sqrt(std::max(0.0, squares / count - sum / count * (sum / count)));
}

// The largest over the outputs of the first `kept` samples.
double change_of_one(Norm kind, const Change& change, Index kept, std::uint64_t seed) {
  RandomLayer layer(kind, seed);
  fill_normal(layer.weight(), seed, "weight", 0);
  Tensor<float> before(Shape{samples, units});
  before.copy_from(layer.output());
  change(layer);
  const Tensor<float>& after = layer.output();
  double largest = 0;
  for (Index i = 0; i < kept * units; ++i)
    largest = std::max(largest, static_cast<double>(std::abs(after[i] - before[i])));
  return largest / deviation_of(before);
}

}  // namespace

const std::vector<std::string>& invariance_changes() {
  static const std::vector<std::string> names{
      "weight_matrix_scale", "weight_matrix_shift", "weight_vector_scale", "data_scale",
      "data_shift",          "sample_scale",        "other_samples",       "test_mode"};
  return names;
}

std::optional<std::string> invariance_undefined_reason(const Invariance& invariance) {
  return undefined_reason({.kind = norm_of(invariance.norm)}, {samples, 1, units});
}

std::string OutputChange::verdict(bool invariant) const {
  constexpr double rounding = 1e-3, clear = 1e-2;
  const bool stays = largest <= rounding, moves = smallest >= clear;
  if (!stays && !moves) return "undecided";
  return stays == invariant ? "supported" : "contradicted";
}

OutputChange output_change(const Invariance& invariance, std::span<const std::uint64_t> seeds) {
  const auto place =
      std::ranges::find(invariance_changes(), invariance.change) - invariance_changes().begin();
  const Change& change = changes_of_layers()[static_cast<std::size_t>(place)];
  const Index kept = invariance.change == "other_samples" ? 1 : samples;
  OutputChange found{.smallest = std::numeric_limits<double>::max(), .largest = 0};
  for (const std::uint64_t seed : seeds) {
    const double size = change_of_one(norm_of(invariance.norm), change, kept, seed);
    found.smallest = std::min(found.smallest, size);
    found.largest = std::max(found.largest, size);
  }
  return found;
}

}  // namespace normlab
