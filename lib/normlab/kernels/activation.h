// The non-linearities that kernels fuse with a normalization.
#pragma once

#include <array>
#include <cstddef>
#include <string>

namespace normlab {

// gelu is the tanh form (PyTorch's approximate="tanh").
enum class Activation { identity, relu, tanh, gelu };

// In configs and records; in the order of the enumeration.
inline constexpr std::array<const char*, 4> activation_names{"identity", "relu", "tanh", "gelu"};

// "layer norm, relu": what an operation is called that ends with the activation.
inline std::string with_activation(const std::string& name, Activation activation) {
  if (activation == Activation::identity) return name;
  return name + ", " + activation_names[static_cast<std::size_t>(activation)];
}

}  // namespace normlab
