#include "normlab/tasks/task.h"

#include <algorithm>
#include <stdexcept>

namespace normlab {
namespace {

template <class Shape>
const Shape& shape_of_input(const TaskShape& shape, std::string_view name) {
  for (std::size_t i = 0; i < shape.inputs.size(); ++i) {
    const Shape* found = std::get_if<Shape>(&shape.inputs[i]);
    if (found != nullptr && shape.task->inputs[i] == name) return *found;
  }
  throw std::logic_error(shape.task->name + " has no input " + std::string(name));
}

}  // namespace

bool Task::reads(std::string_view input) const {
  return std::find(inputs.begin(), inputs.end(), input) != inputs.end();
}

const ImageShape& TaskShape::images(std::string_view name) const {
  return shape_of_input<ImageShape>(*this, name);
}

const TokenShape& TaskShape::tokens(std::string_view name) const {
  return shape_of_input<TokenShape>(*this, name);
}

}  // namespace normlab
