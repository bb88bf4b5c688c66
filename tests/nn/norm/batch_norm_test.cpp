#include "normlab/nn/norm/batch_norm.h"

#include "nn/norm/norm_checks.h"

namespace normlab {
namespace {

const NormSpec batch{.kind = Norm::batch};

const Tensor<double>& buffer(Parameters<double>& parameters, const std::string& name) {
  for (const auto& tensor : parameters.buffers()) {
    if (tensor.name == "hidden.0.norm." + name) return tensor.data;
  }
  FAIL("no buffer " << name);
  return parameters.buffers().front().data;
}

}  // namespace

TEST_CASE("batch norm computes its definition in forward(), on vectors and on maps") {
  test::check_forward(batch, {{3, 1, 21}, {2, 6, 5}, {150, 1, 83}, {3, 67, 19}});
}

TEST_CASE("batch norm's backward pass agrees with finite differences, for every activation") {
  test::check_backward(batch, {{3, 1, 21}, {2, 6, 5}, {70, 1, 3}});
}

TEST_CASE("batch norm gives the same on any number of threads") {
  test::check_threads_agree(batch);
}

TEST_CASE("batch norm is accurate far from zero") {
  test::check_far_from_zero(batch, {32, 1, 1000});
  test::check_far_from_zero(batch, {4, 1000, 20});
}

TEST_CASE("batch norm is accurate where the first rows are far from all others") {
  const NormGeometry geometry{256, 1, 10};
  test::NormLayer<float> layer(batch, geometry, Activation::identity);
  for (Index i = 0; i < layer.x.data.size(); ++i) {
    if (i >= 80 * geometry.channels) layer.x.data[i] += 1e4F;
  }
  CHECK(test::worst_forward_error(layer, batch, geometry, Activation::identity) < 1e-5);
}

TEST_CASE("batch norm's running statistics approach mean and unbiased variance geometrically") {
  const NormGeometry geometry{4, 3, 2};
  NormSpec norm = batch;
  norm.momentum = 0.2;
  test::NormLayer<double> layer(norm, geometry, Activation::identity);
  constexpr int steps = 7;
  for (int step = 0; step < steps; ++step) layer.graph.forward();  // the same batch again and again
  const double kept = std::pow(1 - norm.momentum, steps);
  double worst = 0;
  for (Index c = 0; c < 2; ++c) {
    double mean = 0, unbiased = 0;
    for (Index row = 0; row < 12; ++row) mean += layer.x.data[row * 2 + c] / 12;
    for (Index row = 0; row < 12; ++row) unbiased += std::pow(layer.x.data[row * 2 + c] - mean, 2) / 11;
    const double expected_mean = (1 - kept) * mean;                 // starts at 0
    const double expected_variance = kept + (1 - kept) * unbiased;  // starts at 1
    worst = std::max(worst, std::abs(buffer(layer.parameters, "running_mean")[c] - expected_mean));
    worst = std::max(worst, std::abs(buffer(layer.parameters, "running_var")[c] - expected_variance));
  }
  CHECK(worst < 1e-12);
}

TEST_CASE("batch norm evaluates with the running statistics of the training graph, one sample if need be") {
  const NormGeometry geometry{6, 1, 21};
  test::NormLayer<double> layer(batch, geometry, Activation::tanh);
  for (int step = 0; step < 3; ++step) layer.graph.forward();
  Graph<double> evaluation(Mode::evaluation);
  auto& x = evaluation.input({1, 1, 21});
  auto& y = add_normalization(evaluation, layer.parameters, "hidden.0", "linear", 10, x, {1, 1, 21}, batch,
                              Activation::tanh);
  test::fill_normal(x.data, 11);
  const auto& mean = buffer(layer.parameters, "running_mean");
  const auto& variance = buffer(layer.parameters, "running_var");
  Tensor<double> mean_before(mean.shape());
  mean_before.copy_from(mean);
  evaluation.forward();
  double worst = 0;
  for (Index c = 0; c < 21; ++c) {
    const double n = (x.data[c] - mean[c]) / std::sqrt(variance[c] + 1e-5);
    const double z = layer.parameter("norm.weight")[c] * n + layer.parameter("norm.bias")[c];
    worst = std::max(worst, std::abs(y.data[c] - std::tanh(z)));
  }
  CHECK(worst < 1e-12);
  CHECK(test::same_bits(mean_before.data(), mean.data(), 21));
}

}  // namespace normlab
