// A value that is trained.
#pragma once

#include <string>

#include "normlab/nn/graph/value.h"

namespace normlab {

// Weight decay applies to weights only.
enum class ParameterRole { weight, gain, bias };

template <class T>
struct Parameter : Value<T> {
  std::string name;  // as in a PyTorch state_dict, e.g. "hidden.0.linear.weight"
  ParameterRole role = ParameterRole::weight;
};

}  // namespace normlab
