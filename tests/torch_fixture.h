// What PyTorch computed: tests/data_files/torch_NAME.safetensors, made by scripts/make_torch_fixtures.py.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "normlab/nn/graph/parameters.h"
#include "normlab/nn/norm/norm_traits.h"
#include "normlab/train/safetensors.h"

namespace normlab::test {

// Of single precision; double precision is only off by the rounding of what is stored.
template <class T>
inline constexpr double torch_tolerance = std::is_same_v<T, float> ? 1e-5 : 2e-7;

// The largest difference, in units of the largest expected magnitude; infinite for not-a-number.
template <class A, class E>
double relative_error(const A& actual, const E& expected) {
  double worst = 0, scale = 0;
  for (const double e : expected) scale = std::max(scale, std::abs(e));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double error = std::abs(static_cast<double>(actual[i]) - static_cast<double>(expected[i]));
    worst = error <= worst || std::isnan(worst) ? worst : error;
  }
  if (worst == 0) return 0;
  return std::isnan(worst) || scale == 0 ? INFINITY : worst / scale;
}

// One case of a fixture: its settings, and tensors "CASE/QUANTITY".
class TorchCase {
 public:
  TorchCase(const Safetensors& file, const std::string& case_name, const std::string& case_settings)
      : settings(nlohmann::json::parse(case_settings)), name(case_name), file_(&file) {}

  const TensorView& tensor(const std::string& quantity) const {
    const TensorView* found = file_->find(name + "/" + quantity);
    if (found == nullptr) throw std::runtime_error("the fixture lacks " + name + "/" + quantity);
    return *found;
  }
  bool has(const std::string& quantity) const { return file_->find(name + "/" + quantity) != nullptr; }

  template <class T>
  void load(const std::string& quantity, Tensor<T>& to) const {
    const TensorView& from = tensor(quantity);
    if (from.shape != to.shape()) {
      throw std::runtime_error(name + "/" + quantity + " is " + to_string(from.shape) + ", not " +
                               to_string(to.shape()));
    }
    std::copy(from.values.begin(), from.values.end(), to.data());
  }

  // Every parameter and running statistic by its name.
  template <class T>
  void load_parameters(Parameters<T>& parameters) const {
    for (auto& parameter : parameters.parameters()) load(parameter.name, parameter.data);
    for (auto& buffer : parameters.buffers()) load(buffer.name, buffer.data);
  }

  template <class T>
  void check(const std::string& quantity, const Tensor<T>& actual) const {
    const TensorView& expected = tensor(quantity);
    const std::string precision = std::is_same_v<T, float> ? " in float" : " in double";
    INFO(name << "/" << quantity << precision);
    REQUIRE(actual.shape() == expected.shape);
    CHECK(relative_error(actual.span(), expected.values) <= torch_tolerance<T>);
  }

  // The gradients of all parameters, and the running statistics after the step.
  template <class T>
  void check_parameters(const Parameters<T>& parameters) const {
    for (const auto& parameter : parameters.parameters())
      check("gradient/" + parameter.name, parameter.gradient);
    for (const auto& buffer : parameters.buffers()) check("after/" + buffer.name, buffer.data);
  }

  nlohmann::json settings;
  std::string name;

 private:
  const Safetensors* file_;
};

class TorchFixture {
 public:
  explicit TorchFixture(const std::string& name)
      : file_(Safetensors::read(std::string(NORMLAB_TEST_DATA) + "/torch_" + name + ".safetensors",
                                "fixture")) {
    for (const auto& [case_name, settings] : file_.metadata())
      cases_.emplace_back(file_, case_name, settings);
  }
  TorchFixture(const TorchFixture&) = delete;
  TorchFixture& operator=(const TorchFixture&) = delete;

  const std::vector<TorchCase>& cases() const { return cases_; }
  const TorchCase& find(const std::string& name) const {
    for (const TorchCase& c : cases_) {
      if (c.name == name) return c;
    }
    throw std::runtime_error("the fixture lacks case " + name);
  }

 private:
  Safetensors file_;
  std::vector<TorchCase> cases_;
};

inline Norm norm_named(const std::string& name) {
  const std::vector<std::string>& names = norm_names();
  return static_cast<Norm>(std::find(names.begin(), names.end(), name) - names.begin());
}

inline Activation activation_named(const std::string& name) {
  const std::vector<std::string> names{"identity", "relu", "tanh", "gelu"};
  return static_cast<Activation>(std::find(names.begin(), names.end(), name) - names.begin());
}

}  // namespace normlab::test
