#include "normlab/models/cnn.h"

#include <doctest/doctest.h>

#include <cmath>

#include "nn/gradient_check.h"
#include "normlab/core/error.h"
#include "normlab/models/model.h"
#include "normlab/nn/norm/norm_traits.h"
#include "normlab/tasks/classification.h"

namespace normlab {
namespace {

// Two blocks of one and two convolutions on 9 x 6 images, an odd size to halve, and one dense layer.
ModelSpec small_cnn(Activation activation) {
  return Cnn{.blocks = {{4}, {4, 6}}, .dense = {8}, .activation = activation};
}

const TaskShape small_task = classification_of({.height = 9, .width = 6}, 3);

template <class T>
std::unique_ptr<ModelGraph<T>> record_small(const NormSpec& norm, Parameters<T>& parameters, Mode mode,
                                            Index batch = 3) {
  auto model = record_model(small_cnn(Activation::gelu), norm, small_task, batch, mode, parameters);
  Random random(11, hash_name("images"));
  for (T& pixel : model->buffers.images(input::images).values->data.span())
    pixel = static_cast<T>(random.normal());
  const std::span<std::int32_t> labels = model->buffers.integers(input::labels);
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<std::int32_t>(i % 3);
  return model;
}

std::vector<std::string> names_with(Norm kind, NormPosition position = NormPosition::before_activation) {
  Parameters<float> parameters({}, 1);
  record_small<float>({.kind = kind, .groups = 2, .position = position}, parameters, Mode::training);
  std::vector<std::string> names;
  for (const auto& parameter : parameters.parameters()) names.push_back(parameter.name);
  return names;
}

double mean_loss(ModelGraph<double>& model) {
  model.graph.forward();
  MetricSums sums(classification().sums.size());
  model.loss->add_to(sums);
  return sums.mean_loss();
}

// The worst difference of backward() from central differences, relative to the largest gradient of the
// parameter; `where` names it.
double worst_gradient_error(ModelGraph<double>& model, Parameters<double>& parameters, std::string& where) {
  mean_loss(model);
  model.graph.backward();
  std::vector<Tensor<double>> analytic;
  for (const auto& p : parameters.parameters()) {
    analytic.emplace_back(p.gradient.shape()).copy_from(p.gradient);
  }
  double worst = 0;
  for (std::size_t k = 0; k < analytic.size(); ++k) {
    Parameter<double>& p = parameters.parameters()[k];
    double scale = 1e-4;
    for (const double g : analytic[k].span()) scale = std::max(scale, std::abs(g));
    // Up to 40 elements spread over the parameter: each kind of layer has its own complete check.
    for (Index i = 0; i < p.data.size(); i += std::max<Index>(1, p.data.size() / 40)) {
      const double kept = p.data[i], h = 1e-5;
      p.data[i] = kept + h;
      const double above = mean_loss(model);
      p.data[i] = kept - h;
      const double below = mean_loss(model);
      p.data[i] = kept;
      const double error = std::abs((above - below) / (2 * h) - analytic[k][i]) / scale;
      if (error <= worst) continue;  // a comparison that not-a-number fails
      worst = error;
      where = p.name + "[" + std::to_string(i) + "]";
    }
  }
  return worst;
}

}  // namespace

TEST_CASE("a whole cnn's gradients agree with finite differences, for every norm") {
  for (const auto position : {NormPosition::before_activation, NormPosition::after_activation}) {
    for (const Norm kind : all_norms()) {
      Parameters<double> parameters({}, 1);
      const NormSpec norm{.kind = kind, .groups = 2, .position = position};
      auto model = record_small<double>(norm, parameters, Mode::training);
      std::string where;
      const double worst = worst_gradient_error(*model, parameters, where);
      CAPTURE(static_cast<int>(position));
      CAPTURE(static_cast<int>(kind));
      INFO(where);
      CHECK(worst < 1e-6);
    }
  }
}

namespace {

void compare_precisions(NormPosition position) {
  for (const Norm kind : all_norms()) {
    const NormSpec norm{.kind = kind, .groups = 2, .position = position};
    Parameters<float> single({}, 1);
    Parameters<double> precise({}, 1);
    auto model = record_small<float>(norm, single, Mode::training);
    auto reference = record_small<double>(norm, precise, Mode::training);
    model->graph.forward();
    model->graph.backward();
    reference->graph.forward();
    reference->graph.backward();
    double worst = 0;
    std::string where;
    for (std::size_t k = 0; k < single.parameters().size(); ++k) {
      const auto& p = single.parameters()[k];
      const auto& q = precise.parameters()[k];
      double scale = 1e-3;
      for (const double g : q.gradient.span()) scale = std::max(scale, std::abs(g));
      for (Index i = 0; i < p.gradient.size(); ++i) {
        const double error = std::abs(p.gradient[i] - q.gradient[i]) / scale;
        if (error <= worst) continue;
        worst = error;
        where = p.name + "[" + std::to_string(i) + "]";
      }
    }
    CAPTURE(static_cast<int>(kind));
    INFO(where);
    CHECK(worst < 1e-4);
  }
}

}  // namespace

TEST_CASE("the cnn in single precision agrees with plain loops in double, for every norm") {
  compare_precisions(NormPosition::before_activation);
  compare_precisions(NormPosition::after_activation);
}

TEST_CASE("the cnn's parameters have PyTorch's names") {
  CHECK(names_with(Norm::none) ==
        Names{"blocks.0.0.convolution.weight", "blocks.0.0.convolution.bias", "blocks.1.0.convolution.weight",
              "blocks.1.0.convolution.bias", "blocks.1.1.convolution.weight", "blocks.1.1.convolution.bias",
              "dense.0.linear.weight", "dense.0.linear.bias", "output.weight", "output.bias"});
  CHECK(names_with(Norm::layer) ==
        Names{"blocks.0.0.convolution.weight", "blocks.0.0.norm.weight", "blocks.0.0.norm.bias",
              "blocks.1.0.convolution.weight", "blocks.1.0.norm.weight", "blocks.1.0.norm.bias",
              "blocks.1.1.convolution.weight", "blocks.1.1.norm.weight", "blocks.1.1.norm.bias",
              "dense.0.linear.weight", "dense.0.norm.weight", "dense.0.norm.bias", "output.weight",
              "output.bias"});
}

TEST_CASE("under instance norm the cnn's dense layers are plain") {
  const auto names = names_with(Norm::instance);
  CHECK(std::ranges::count(names, "blocks.1.1.norm.weight") == 1);
  CHECK(std::ranges::count(names, "dense.0.norm.weight") == 0);
  CHECK(std::ranges::count(names, "dense.0.linear.bias") == 1);
  const auto after = names_with(Norm::instance, NormPosition::after_activation);
  CHECK(std::ranges::count(after, "blocks.1.1.convolution.bias") == 1);
  CHECK(std::ranges::count(after, "dense.0.norm.weight") == 0);
  CHECK(std::ranges::count(after, "dense.0.linear.bias") == 1);
}

TEST_CASE("a norm after the activation leaves the layer its bias, and tracks the output of the norm") {
  const auto after = NormPosition::after_activation;
  CHECK(names_with(Norm::layer, after) ==
        Names{"blocks.0.0.convolution.weight", "blocks.0.0.convolution.bias", "blocks.0.0.norm.weight",
              "blocks.0.0.norm.bias", "blocks.1.0.convolution.weight", "blocks.1.0.convolution.bias",
              "blocks.1.0.norm.weight", "blocks.1.0.norm.bias", "blocks.1.1.convolution.weight",
              "blocks.1.1.convolution.bias", "blocks.1.1.norm.weight", "blocks.1.1.norm.bias",
              "dense.0.linear.weight", "dense.0.linear.bias", "dense.0.norm.weight", "dense.0.norm.bias",
              "output.weight", "output.bias"});
  // Without a norm of activations the position has no meaning.
  CHECK(names_with(Norm::none, after) == names_with(Norm::none));
  CHECK(names_with(Norm::weight, after) == names_with(Norm::weight));
  Parameters<float> parameters({}, 1);
  const auto model =
      record_small<float>({.kind = Norm::layer, .position = after}, parameters, Mode::training);
  const auto& dense = model->graph.tracked()[3];
  REQUIRE(dense.name == "dense.0");
  CHECK(dense.end - dense.first == 3);  // product, bias and activation, norm
  CHECK(dense.parameters.size() == 4);
  model->graph.forward();
  float sum = 0;  // of a sample whose norm is the last operation
  for (Index i = 0; i < 8; ++i) sum += dense.output->data[i];
  CHECK(std::abs(sum) < 1e-5);
}

TEST_CASE("the default cnn has 0.42 million parameters, laid out as PyTorch's modules") {
  Parameters<float> parameters({}, 1);
  auto model = record_model(Cnn{}, {}, classification_of({28, 28}, 10), 2, Mode::training, parameters);
  CHECK(parameters.parameter_count() ==
        (32 * 9 + 32) + (64 * 32 * 9 + 64) + (128 * 64 * 7 * 7 + 128) + (10 * 128 + 10));
  CHECK(parameters.parameters()[2].data.shape() == Shape{64, 32, 3, 3});
  CHECK(model->buffers.images(input::images).values->data.shape() == Shape{2, 28, 28, 1});
  CHECK(model->graph.multiply_adds() == 2 * (784 * 32 * 9 + 196 * 64 * 32 * 9 + 128 * 64 * 49 + 10 * 128));
}

TEST_CASE("the cnn says which norms have no meaning, and where") {
  const auto reason = [](const ModelSpec& model, const NormSpec& norm, Index batch) {
    return model->undefined_reason(norm, batch).value_or("");
  };
  Cnn model;
  for (const Norm kind : all_norms()) CHECK(reason(model, {.kind = kind}, 4) == "");
  CHECK(reason(model, {.kind = Norm::instance}, 1) == "");
  CHECK(reason(model, {.kind = Norm::batch}, 1).find("batch norm is not defined") != std::string::npos);
  model.blocks = {{32}, {36}};
  CHECK(reason(model, {.kind = Norm::group}, 4).find("convolutions: group norm") != std::string::npos);
  model = {.dense = {100}};
  CHECK(reason(model, {.kind = Norm::group}, 4).find("dense layers: group norm") != std::string::npos);
}

TEST_CASE("a cnn with more poolings than the image has room for is refused") {
  const Cnn model{.blocks = {{2}, {2}, {2}}, .dense = {}};
  Parameters<float> parameters({}, 1);
  const auto record = [&](Index size) {
    record_model(model, {}, classification_of({.height = size, .width = 20}, 2), 2, Mode::training,
                 parameters);
  };
  CHECK_THROWS_WITH_AS(record(7),
                       "model.blocks: a list of 3 blocks is not allowed; each block halves the image, and "
                       "one of 7 x 20 pixels can be halved 2 times.",
                       RequestError);
  CHECK_NOTHROW(record(8));
}

}  // namespace normlab
