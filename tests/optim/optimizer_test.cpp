#include "normlab/optim/optimizer.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "normlab/core/parallel.h"
#include "normlab/core/random.h"

namespace normlab {
namespace {

constexpr Index size = 37;  // whole vectors and a part, on every instruction set

// One parameter of each role.
template <class T>
Parameters<T> three_roles() {
  Parameters<T> parameters({}, 1);
  parameters.constant("weight", ParameterRole::weight, {size}, T(0));
  parameters.constant("gain", ParameterRole::gain, {size}, T(0));
  parameters.constant("bias", ParameterRole::bias, {size}, T(0));
  for (auto& parameter : parameters.parameters()) {
    Random random(3, hash_name(parameter.name));
    for (T& element : parameter.data.span()) element = static_cast<T>(static_cast<float>(random.normal()));
  }
  return parameters;
}

// The gradients of a step, the same for every type.
template <class T>
void draw_gradients(Parameters<T>& parameters, std::uint64_t step) {
  for (auto& parameter : parameters.parameters()) {
    Random random(step, hash_name(parameter.name));
    for (T& element : parameter.gradient.span())
      element = static_cast<T>(static_cast<float>(random.normal()));
  }
}

// The update rules of the papers, one number at a time in double precision.
class Reference {
 public:
  explicit Reference(const OptimizerSpec& spec) : spec_(spec) {}

  double step(double p, double gradient, double rate, bool decays) {
    ++t_;
    const double decay = decays ? spec_.weight_decay : 0;
    switch (spec_.kind) {
      case OptimizerKind::sgd:
        return p - rate * (gradient + decay * p);
      case OptimizerKind::momentum:
        return momentum(p, gradient + decay * p, rate);
      case OptimizerKind::adam:
        return adam(p, gradient + decay * p, rate);
      case OptimizerKind::adamw:
        return adam(p - rate * decay * p, gradient, rate);
    }
    return p;
  }

 private:
  double momentum(double p, double g, double rate) {
    m_ = spec_.momentum * m_ + g;
    return p - rate * (spec_.nesterov ? g + spec_.momentum * m_ : m_);
  }
  double adam(double p, double g, double rate) {
    m_ = spec_.beta1 * m_ + (1 - spec_.beta1) * g;
    v_ = spec_.beta2 * v_ + (1 - spec_.beta2) * g * g;
    const double m = m_ / (1 - std::pow(spec_.beta1, t_));
    const double v = v_ / (1 - std::pow(spec_.beta2, t_));
    return p - rate * m / (std::sqrt(v) + spec_.epsilon);
  }

  OptimizerSpec spec_;
  double t_ = 0, m_ = 0, v_ = 0;
};

std::vector<OptimizerSpec> all_kinds(double weight_decay) {
  OptimizerSpec sgd{.kind = OptimizerKind::sgd, .weight_decay = weight_decay};
  OptimizerSpec momentum{.kind = OptimizerKind::momentum, .momentum = 0.8, .weight_decay = weight_decay};
  OptimizerSpec nesterov = momentum;
  nesterov.nesterov = true;
  OptimizerSpec adam{.kind = OptimizerKind::adam, .beta1 = 0.8, .beta2 = 0.95, .weight_decay = weight_decay};
  OptimizerSpec adamw = adam;
  adamw.kind = OptimizerKind::adamw;
  return {sgd, momentum, nesterov, adam, adamw};
}

// The largest distance from the reference over `steps` steps with a changing learning rate.
template <class T>
double worst_error(const OptimizerSpec& spec, int steps) {
  Parameters<T> parameters = three_roles<T>();
  Optimizer<T> optimizer(spec, parameters);
  std::vector<Reference> references(3 * size, Reference(spec));
  std::vector<double> expected;
  for (const auto& parameter : parameters.parameters())
    expected.insert(expected.end(), parameter.data.span().begin(), parameter.data.span().end());
  double worst = 0;
  for (int step = 0; step < steps; ++step) {
    draw_gradients(parameters, static_cast<std::uint64_t>(step));
    const double rate = 0.1 / (step + 1), scale = step % 2 == 0 ? 1 : 0.25;
    optimizer.step(rate, scale);
    std::size_t i = 0;
    for (const auto& parameter : parameters.parameters()) {
      for (Index j = 0; j < size; ++j, ++i) {
        const bool decays = parameter.role == ParameterRole::weight;
        expected[i] = references[i].step(expected[i], scale * parameter.gradient[j], rate, decays);
        worst = std::max(worst, std::abs(parameter.data[j] - expected[i]));
      }
    }
  }
  CHECK(optimizer.steps() == steps);
  return worst;
}

}  // namespace

TEST_CASE("every update rule follows its formula, with and without weight decay") {
  for (const double weight_decay : {0.0, 0.1}) {
    for (const OptimizerSpec& spec : all_kinds(weight_decay)) {
      CAPTURE(static_cast<int>(spec.kind));
      CAPTURE(spec.nesterov);
      CAPTURE(weight_decay);
      CHECK(worst_error<double>(spec, 20) < 1e-14);
      CHECK(worst_error<float>(spec, 20) < 2e-6);
    }
  }
}

TEST_CASE("weight decay moves weights towards zero and leaves gains and biases alone") {
  for (const OptimizerSpec& spec : all_kinds(0.5)) {
    CAPTURE(static_cast<int>(spec.kind));
    Parameters<double> parameters = three_roles<double>();
    const Parameters<double> before = three_roles<double>();
    Optimizer<double> optimizer(spec, parameters);
    optimizer.step(0.1);  // the gradients are zero
    for (std::size_t i = 0; i < 3; ++i) {
      const auto& parameter = parameters.parameters()[i];
      const auto& start = before.parameters()[i];
      for (Index j = 0; j < size; ++j) {
        if (parameter.role == ParameterRole::weight) {
          CHECK((parameter.data[j] - start.data[j]) * start.data[j] < 0);
        } else {
          CHECK(parameter.data[j] == start.data[j]);
        }
      }
    }
  }
}

TEST_CASE("the gradient norm is the Euclidean norm over all parameters, accurate for many elements") {
  Parameters<float> parameters({}, 1);
  parameters.constant("a", ParameterRole::weight, {300, 1001}, 0);
  parameters.constant("b", ParameterRole::gain, {5}, 0);
  double square = 0;
  for (auto& parameter : parameters.parameters()) {
    Random random(4, hash_name(parameter.name));
    for (float& element : parameter.gradient.span()) {
      element = static_cast<float>(random.normal());
      square += double(element) * element;
    }
  }
  CHECK(gradient_norm(parameters) == doctest::Approx(std::sqrt(square)).epsilon(1e-7));
  parameters.parameters()[1].gradient[4] = std::nanf("");
  CHECK(std::isnan(gradient_norm(parameters)));
}

TEST_CASE("a gradient scale acts like smaller gradients, as clipping wants") {
  for (const OptimizerSpec& spec : all_kinds(0.1)) {
    CAPTURE(static_cast<int>(spec.kind));
    Parameters<double> scaled = three_roles<double>(), smaller = three_roles<double>();
    Optimizer<double> scaled_optimizer(spec, scaled), smaller_optimizer(spec, smaller);
    for (std::uint64_t step = 0; step < 5; ++step) {
      draw_gradients(scaled, step);
      draw_gradients(smaller, step);
      for (auto& parameter : smaller.parameters()) {
        for (double& element : parameter.gradient.span()) element *= 0.125;
      }
      scaled_optimizer.step(0.1, 0.125);
      smaller_optimizer.step(0.1);
    }
    for (std::size_t i = 0; i < 3; ++i) {
      for (Index j = 0; j < size; ++j)
        CHECK(scaled.parameters()[i].data[j] == smaller.parameters()[i].data[j]);
    }
  }
}

TEST_CASE("two threads take the same steps as one, bit for bit") {
  constexpr Index large = 300001;  // enough to be split
  const int threads_before = thread_count();
  for (const OptimizerSpec& spec : all_kinds(0.1)) {
    CAPTURE(static_cast<int>(spec.kind));
    std::vector<Tensor<float>> results;
    for (const int threads : {1, 2}) {
      set_thread_count(threads);
      Parameters<float> parameters({}, 1);
      auto& weight = parameters.constant("weight", ParameterRole::weight, {large}, 1);
      Optimizer<float> optimizer(spec, parameters);
      for (std::uint64_t step = 0; step < 3; ++step) {
        draw_gradients(parameters, step);
        optimizer.step(0.01, 1 / gradient_norm(parameters));
      }
      results.emplace_back(weight.data.shape()).copy_from(weight.data);
    }
    CHECK(std::equal(results[0].span().begin(), results[0].span().end(), results[1].span().begin()));
  }
  set_thread_count(threads_before);
}

TEST_CASE("an optimizer whose steps and moments are restored continues where the other one stopped") {
  for (const OptimizerSpec& spec : all_kinds(0.1)) {
    CAPTURE(static_cast<int>(spec.kind));
    Parameters<float> first = three_roles<float>(), second = three_roles<float>();
    Optimizer<float> whole(spec, first), continued(spec, second);
    for (std::uint64_t step = 0; step < 3; ++step) {
      draw_gradients(first, step);
      whole.step(0.1);
    }
    for (std::size_t i = 0; i < 3; ++i) second.parameters()[i].data.copy_from(first.parameters()[i].data);
    REQUIRE(continued.moments().size() == whole.moments().size());
    for (std::size_t i = 0; i < whole.moments().size(); ++i)
      continued.moments()[i].copy_from(whole.moments()[i]);
    continued.set_steps(whole.steps());
    draw_gradients(first, 3);
    draw_gradients(second, 3);
    whole.step(0.1);
    continued.step(0.1);
    for (std::size_t i = 0; i < 3; ++i) {
      for (Index j = 0; j < size; ++j) CHECK(first.parameters()[i].data[j] == second.parameters()[i].data[j]);
    }
  }
}

}  // namespace normlab
