// A recorded network: operations over preallocated buffers, run forward in order and backward in reverse.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "normlab/core/section_clock.h"
#include "normlab/core/tensor.h"

namespace normlab {

// A buffer that flows between operations, and the gradient of the loss with respect to it. `gradient` is
// empty where no gradient is wanted: for inputs, and for everything in an evaluation graph. Where
// `gradient_in_data` is set, the gradient takes the place of the data, and `gradient` is empty as well.
template <class T>
struct Value {
  Tensor<T> data;
  Tensor<T> gradient;
  bool gradient_in_data = false;
  bool wants_gradient() const { return gradient_in_data || !gradient.empty(); }
  T* gradient_data() { return gradient_in_data ? data.data() : gradient.data(); }
};

// Elements that an operation must move through memory in one forward() and one backward(), beside what the
// operands of products cost: each pass reads what it needs and writes what it makes once. `footprint` is how
// many elements there are to be moved, for the level of the memory hierarchy that they come from.
struct Traffic {
  Index moved = 0, footprint = 0;
};

// Of a function of each element (and statistics that stay in registers): x to y forward; x and dy to dx back.
constexpr Traffic elementwise_traffic(Index size) {
  return {.moved = 5 * size, .footprint = 4 * size};
}

// An operation knows its inputs and outputs from its construction, allocates what it needs there, and
// allocates nothing later. backward() overwrites the gradients of its inputs and parameters: a value is
// consumed by exactly one operation.
template <class T>
class Op {
 public:
  virtual ~Op() = default;
  virtual void forward() = 0;
  virtual void backward() = 0;
  virtual Index multiply_adds() const {
    return 0;
  }  // of one forward(), matrix products and convolutions only
  virtual Traffic traffic() const { return {}; }
  virtual Section section() const { return Section::elementwise; }  // where its time counts, products aside
};

// training: operations keep what backward() needs, batch norm uses and updates statistics of the batch.
// evaluation: forward() only; batch norm uses running statistics.
enum class Mode { training, evaluation };

template <class T>
class Graph {
 public:
  explicit Graph(Mode mode) : mode_(mode) {}

  Mode mode() const { return mode_; }

  Value<T>& input(Shape shape) { return values_.emplace_back(Value<T>{Tensor<T>(std::move(shape)), {}}); }
  Value<T>& value(const Shape& shape) {
    Tensor<T> gradient = mode_ == Mode::training ? Tensor<T>(shape) : Tensor<T>();
    return values_.emplace_back(Value<T>{Tensor<T>(shape), std::move(gradient)});
  }
  // A value whose gradient is written over its data, which saves memory traffic: for an operation that writes
  // each element of the gradient after it last read that element, behind one that does not need its output
  // again.
  Value<T>& value_overwritten_by_gradient(const Shape& shape) {
    return values_.emplace_back(Value<T>{Tensor<T>(shape), {}, mode_ == Mode::training});
  }

  template <class O, class... Arguments>
  O& add(Arguments&&... arguments) {
    auto op = std::make_unique<O>(std::forward<Arguments>(arguments)...);
    O& reference = *op;
    ops_.push_back(std::move(op));
    return reference;
  }

  const std::vector<std::unique_ptr<Op<T>>>& ops() const { return ops_; }

  // Names a layer's output for the statistics of --track layers. The layer's parameters are those whose names
  // begin with `prefix`, contain `infix`, and do not contain `other` when that is not empty.
  void track(std::string name, const Value<T>& value, std::string prefix, std::string infix = "",
             std::string other = "") {
    tracked_.push_back({std::move(name), &value, std::move(prefix), std::move(infix), std::move(other)});
  }

  void forward() {
    for (auto& op : ops_) {
      const SectionScope scope(op->section());
      op->forward();
    }
  }
  void backward() {
    for (auto op = ops_.rbegin(); op != ops_.rend(); ++op) {
      const SectionScope scope((*op)->section());
      (*op)->backward();
    }
  }

  Index multiply_adds() const {
    Index total = 0;
    for (const auto& op : ops_) total += op->multiply_adds();
    return total;
  }

  struct Tracked {
    std::string name;
    const Value<T>* value;
    std::string prefix, infix, other;

    bool owns(std::string_view parameter) const {
      return parameter.starts_with(prefix) && parameter.find(infix) != parameter.npos &&
             (other.empty() || parameter.find(other) == parameter.npos);
    }
  };
  const std::vector<Tracked>& tracked() const { return tracked_; }

 private:
  Mode mode_;
  std::deque<Value<T>> values_;  // a deque keeps addresses
  std::vector<std::unique_ptr<Op<T>>> ops_;
  std::vector<Tracked> tracked_;
};

}  // namespace normlab
