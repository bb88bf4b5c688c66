#include <algorithm>

#include "normlab/optim/optimizer.h"
#include "torch_fixture.h"

namespace normlab {
namespace {

OptimizerSpec spec_of(const test::TorchCase& c) {
  OptimizerSpec spec;
  const std::string kind = c.settings.at("kind");
  if (kind == "sgd") spec.kind = OptimizerKind::sgd;
  if (kind == "momentum" || kind == "nesterov") spec.kind = OptimizerKind::momentum;
  if (kind == "adam") spec.kind = OptimizerKind::adam;
  if (kind == "adamw") spec.kind = OptimizerKind::adamw;
  spec.nesterov = kind == "nesterov";
  spec.weight_decay = c.settings.at("weight_decay");
  return spec;
}

// The factor of torch.nn.utils.clip_grad_norm_ and of the training loop.
template <class T>
double clipping_factor(const Parameters<T>& parameters, double limit) {
  return limit > 0 ? std::min(1.0, limit / (gradient_norm(parameters) + 1e-6)) : 1;
}

template <class T>
void check_moments(const test::TorchCase& c, Optimizer<T>& optimizer, const Parameters<T>& parameters) {
  std::size_t index = 0;
  for (const auto& parameter : parameters.parameters()) {
    for (const std::string moment : {"first", "second"}) {
      const std::string quantity = "moments/" + moment + "/" + parameter.name;
      if (c.has(quantity)) c.check(quantity, optimizer.moments().at(index++));
    }
  }
  CHECK(index == optimizer.moments().size());
}

template <class T>
void compare(const test::TorchCase& c) {
  Parameters<T> parameters({}, 1);
  parameters.constant("weight", ParameterRole::weight, {6, 7}, 0);
  parameters.constant("gain", ParameterRole::gain, {7}, 0);
  parameters.constant("bias", ParameterRole::bias, {5}, 0);
  c.load_parameters(parameters);
  Optimizer<T> optimizer(spec_of(c), parameters);
  const std::vector<double> learning_rates = c.settings.at("learning_rates");
  for (std::size_t step = 0; step < learning_rates.size(); ++step) {
    const std::string prefix = "step" + std::to_string(step) + "/";
    for (auto& parameter : parameters.parameters())
      c.load(prefix + "gradient/" + parameter.name, parameter.gradient);
    optimizer.step(learning_rates[step], clipping_factor(parameters, c.settings.at("clip_gradient_norm")));
    for (const auto& parameter : parameters.parameters()) c.check(prefix + parameter.name, parameter.data);
  }
  check_moments(c, optimizer, parameters);
}

}  // namespace

TEST_CASE("every optimizer follows PyTorch's over several steps, with weight decay and clipping") {
  const test::TorchFixture fixture("optimizer");
  REQUIRE(fixture.cases().size() == 15);
  for (const auto& c : fixture.cases()) {
    compare<float>(c);
    compare<double>(c);
  }
}

}  // namespace normlab
