#include "normlab/train/layer_statistics.h"

#include <cmath>

#include "normlab/kernels/optimizer_update.h"

namespace normlab {
namespace {

double norm(const Tensor<float>& tensor) {
  double sum = 0;
  sum_of_squares(SumOfSquares<float>{tensor.data(), tensor.size(), &sum});
  return std::sqrt(sum);
}

void add_activation_statistics(const Tensor<float>& activation, LayerStatistics& out) {
  double sum = 0, squares = 0;
  Index zeros = 0;
  for (const float a : activation.span()) {
    sum += a;
    zeros += a == 0.0F ? 1 : 0;
  }
  const double count = static_cast<double>(activation.size());
  out.activation_mean = sum / count;
  for (const float a : activation.span()) squares += (a - out.activation_mean) * (a - out.activation_mean);
  out.activation_deviation = std::sqrt(squares / count);
  out.activation_zero_fraction = static_cast<double>(zeros) / count;
}

}  // namespace

std::vector<LayerStatistics> layer_statistics(const Graph<float>& graph) {
  std::vector<LayerStatistics> statistics;
  for (const auto& layer : graph.tracked()) {
    LayerStatistics& out = statistics.emplace_back();
    out.name = layer.name;
    add_activation_statistics(layer.output->data, out);
    out.gradient_norm = norm(layer.output->gradient);
    double squares = 0;
    for (const auto* parameter : layer.parameters) {
      sum_of_squares(SumOfSquares<float>{parameter->gradient.data(), parameter->gradient.size(), &squares});
    }
    out.parameter_gradient_norm = std::sqrt(squares);
  }
  return statistics;
}

}  // namespace normlab
