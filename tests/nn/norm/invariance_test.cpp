// Table 1 of Ba, Kiros, Hinton 2016 (section 5.1): which changes of the weights or of the data leave the
// output of a normalized layer as it was.
#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include "nn/gradient_check.h"
#include "normlab/nn/linear.h"
#include "normlab/nn/norm/normalization.h"

namespace normlab {
namespace {

constexpr Index batch = 6, in = 9, out = 7;

// A fully connected layer with its normalization, always from the same weights and data.
class Layer {
 public:
  explicit Layer(Norm kind) : x(graph_.input({batch, in})) {
    const NormSpec norm{.kind = kind, .epsilon = 1e-14};
    auto& w = add_weight(graph_, parameters_, "l", {out, in}, norm, Activation::identity);
    auto& a = graph_.value({batch, out});
    graph_.add<Linear<double>>(x, w, a);
    y_ = &add_normalization(graph_, parameters_, "l", "linear", in, a, {batch, 1, out}, norm,
                            Activation::identity);
    graph_.output(*y_);
    test::fill_normal(x.data, 1, 1, 0.5);
    weight = &parameters_.parameters().front();  // v under weight norm
    std::uint64_t seed = 10;
    for (auto& parameter : parameters_.parameters()) {
      if (&parameter != weight) test::fill_normal(parameter.data, ++seed, 0.2, 1);  // gains and biases
    }
  }

  const Tensor<double>& output() {
    graph_.forward();
    return y_->data;
  }

 private:
  Graph<double> graph_{Mode::training};
  Parameters<double> parameters_{InitSpec{}, 1};
  Value<double>* y_ = nullptr;

 public:
  Value<double>& x;           // (batch, in)
  Parameter<double>* weight;  // (out, in)
};

void scale_row(Tensor<double>& matrix, Index row, double scale) {
  const Index columns = matrix.dimension(1);
  for (Index j = 0; j < columns; ++j) matrix[row * columns + j] *= scale;
}

void scale_all(Tensor<double>& matrix, double scale) {
  for (double& element : matrix.span()) element *= scale;
}

// Adds the same vector to every row.
void shift_rows(Tensor<double>& matrix) {
  const Index columns = matrix.dimension(1);
  for (Index i = 0; i < matrix.size(); ++i) matrix[i] += 0.3 + 0.1 * static_cast<double>(i % columns);
}

double largest_change(Norm kind, const std::function<void(Layer&)>& change) {
  Layer layer(kind);
  Tensor<double> before(Shape{batch, out});
  before.copy_from(layer.output());
  change(layer);
  const Tensor<double>& after = layer.output();
  double largest = 0;
  for (Index i = 0; i < before.size(); ++i) largest = std::max(largest, std::abs(after[i] - before[i]));
  return largest;
}

struct TableRow {
  std::string name;
  std::function<void(Layer&)> change;
  bool batch_norm, weight_norm, layer_norm;  // invariant?
};

const std::vector<TableRow> table = {
    {"weight matrix re-scaling", [](Layer& l) { scale_all(l.weight->data, 3); }, true, true, true},
    {"weight matrix re-centring", [](Layer& l) { shift_rows(l.weight->data); }, false, false, true},
    {"weight vector re-scaling", [](Layer& l) { scale_row(l.weight->data, 2, 3); }, true, true, false},
    {"dataset re-scaling", [](Layer& l) { scale_all(l.x.data, 3); }, true, false, true},
    {"dataset re-centring", [](Layer& l) { shift_rows(l.x.data); }, true, false, false},
    {"single training case re-scaling", [](Layer& l) { scale_row(l.x.data, 4, 3); }, false, false, true},
};

}  // namespace

TEST_CASE("batch, weight and layer norm have the invariances of the paper's Table 1, and no others") {
  for (const auto& row : table) {
    const auto check = [&](const std::string& norm, Norm kind, bool invariant) {
      const double change = largest_change(kind, row.change);
      INFO(row.name << ", " << norm << " norm: the output changes by " << change);
      CHECK((invariant ? change < 1e-9 : change > 0.1));
    };
    check("batch", Norm::batch, row.batch_norm);
    check("weight", Norm::weight, row.weight_norm);
    check("layer", Norm::layer, row.layer_norm);
  }
}

}  // namespace normlab
