// An operation of a graph, and its edges: what it reads, what it writes, and where the gradients go.
#pragma once

#include <string>
#include <vector>

#include "normlab/core/section_clock.h"
#include "normlab/nn/graph/value.h"

namespace normlab {

template <class T>
class Op;
template <class T>
class Graph;

// How an operation leaves the gradient of a value that it reads.
enum class GradientWrite {
  overwrites,  // backward() overwrites gradient(); the graph adds it up where others have written before
  if_wanted,   // the same where wants_gradient(); elsewhere backward() leaves gradient() alone
  can_add,     // likewise, and backward() adds to gradient() where adds() says so
  in_forward,  // forward() overwrites gradient() where it is wanted, as a loss does
};

// The reading of a value or parameter by one operation. Being a member of its operation, it tells the graph
// of the edge.
template <class T>
class Input {
 public:
  Input(Op<T>& op, Value<T>& value, GradientWrite write = GradientWrite::overwrites)
      : Input(op, &value, write) {}
  // `value` may be null: the operation has no such input.
  Input(Op<T>& op, Value<T>* value, GradientWrite write = GradientWrite::overwrites);
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  explicit operator bool() const { return value_ != nullptr; }
  const T* data() const { return value_->data.data(); }
  const Tensor<T>& tensor() const { return value_->data; }
  const Shape& shape() const { return value_->data.shape(); }
  Index dimension(std::size_t i) const { return value_->data.dimension(i); }
  Index size() const { return value_->data.size(); }

  bool wants_gradient() const { return value_ != nullptr && value_->wants_gradient(); }
  // Where this operation writes, once the graph is finished.
  T* gradient() const { return share_.empty() ? value_->gradient_data() : share_.data(); }
  bool adds() const { return adds_; }

 private:
  friend class Graph<T>;

  Value<T>* value_;
  GradientWrite write_;
  bool adds_ = false;
  mutable Tensor<T> share_;  // what the graph adds to the value's gradient after backward()
};

// The value that an operation writes; of its gradient, everything has been written when backward() reads it.
template <class T>
class Output {
 public:
  Output(Op<T>& op, Value<T>& value);
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  T* data() const { return value_->data.data(); }
  const Shape& shape() const { return value_->data.shape(); }
  Index dimension(std::size_t i) const { return value_->data.dimension(i); }
  Index size() const { return value_->data.size(); }
  bool wants_gradient() const { return value_->wants_gradient(); }
  T* gradient() const { return value_->gradient_data(); }

 private:
  friend class Graph<T>;

  Value<T>* value_;
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

// An operation states its edges in its constructor, by members of type Input and Output, and allocates there
// and in plan_backward() what it needs; nothing later.
template <class T>
class Op {
 public:
  Op() = default;
  virtual ~Op() = default;
  Op(const Op&) = delete;
  Op& operator=(const Op&) = delete;

  virtual std::string name() const = 0;  // of its kind: "linear", "layer norm"
  // Called once, when the graph is finished, in a training graph: now every Input knows where it writes.
  virtual void plan_backward() {}
  virtual void forward() = 0;
  virtual void backward() = 0;
  // Of one forward(), matrix products and convolutions only.
  virtual Index multiply_adds() const { return 0; }
  // Elements beside its outputs that forward() leaves for backward().
  virtual Index kept_elements() const { return 0; }
  virtual Traffic traffic() const { return {}; }
  virtual Section section() const { return Section::elementwise; }  // where its time counts, products aside

 private:
  friend class Graph<T>;
  friend class Input<T>;
  friend class Output<T>;

  std::vector<Input<T>*> inputs_;  // parameters among them, in the order of their declaration
  std::vector<Output<T>*> outputs_;
};

template <class T>
Input<T>::Input(Op<T>& op, Value<T>* value, GradientWrite write) : value_(value), write_(write) {
  if (value != nullptr) op.inputs_.push_back(this);
}

template <class T>
Output<T>::Output(Op<T>& op, Value<T>& value) : value_(&value) {
  op.outputs_.push_back(this);
}

}  // namespace normlab
