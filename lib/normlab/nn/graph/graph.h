// A recorded network: operations over preallocated buffers, run forward in order and backward in reverse.
//
// A value may have several readers, and a parameter several uses. Backward runs in reverse, so the reader
// that was recorded last writes the gradient first and overwrites what is there; the others add. Which is
// which is decided by finish(), and nothing is set to zero in the loop.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "normlab/nn/graph/op.h"

namespace normlab {

template <class T>
struct Parameter;

// training: operations keep what backward() needs, batch norm uses and updates statistics of the batch.
// evaluation: forward() only; batch norm uses running statistics.
enum class Mode { training, evaluation };

// Where the gradient of a value goes in a training graph: nowhere, into a buffer of its own, or over the
// value's data, which saves memory traffic. The last is for a value that has one reader, which writes each
// element of the gradient after it last read that element, and whose writer does not need its output again.
enum class GradientPlace { none, own, over_data };

// Whether a tracked output has the samples of a batch first, or time steps (T, B, ...).
enum class TrackedAxes { batch_first, time_first };

// One operation, as Graph::describe() tells of it.
struct OpDescription {
  std::string name;
  std::string layer;  // the tracked layer that it belongs to, or ""
  std::vector<Shape> inputs, parameters, outputs;
  Index kept_bytes = 0;     // outputs and what else forward() leaves for backward(); 0 in an evaluation graph
  Index multiply_adds = 0;  // of one forward(), matrix products and convolutions only
};

template <class T>
class Graph {
 public:
  explicit Graph(Mode mode) : mode_(mode) {}

  Mode mode() const { return mode_; }

  // A value that is filled from outside before forward().
  Value<T>& input(const Shape& shape, GradientPlace gradient = GradientPlace::none);
  // A value that the operation recorded next writes.
  Value<T>& value(const Shape& shape, GradientPlace gradient = GradientPlace::own);
  // The gradient of `value` is filled from outside before backward().
  void output(const Value<T>& value);

  // Throws std::logic_error where the operation reads what nothing has written, writes what is written
  // already, or comes after finish().
  template <class O, class... Arguments>
  O& add(Arguments&&... arguments) {
    auto op = std::make_unique<O>(std::forward<Arguments>(arguments)...);
    O& reference = *op;
    record(std::move(op));
    return reference;
  }

  const std::vector<std::unique_ptr<Op<T>>>& ops() const { return ops_; }

  // Names a layer: the operations from number `first` in ops() on, and its output. The statistics of --track
  // layers are those of its output and of the operations' parameters.
  void track(std::string name, const Value<T>& output, std::size_t first,
             TrackedAxes axes = TrackedAxes::batch_first);
  struct Tracked {
    std::string name;
    const Value<T>* output;
    std::size_t first, end;  // in ops()
    std::vector<const Parameter<T>*> parameters;
    TrackedAxes axes;
  };
  const std::vector<Tracked>& tracked() const { return tracked_; }

  // Ends the recording: decides who overwrites a gradient and who adds to it, and lets the operations plan
  // their backward(). Throws std::logic_error where a value has no writer, or a gradient that is wanted has
  // none. The first forward() calls it where it was not called.
  void finish();

  void forward();
  void backward();

  // Called in backward() as soon as a parameter's gradient is complete, in the order of completion: the last
  // use of a parameter, in the order of recording, is the first to be known.
  using GradientObserver = std::function<void(Parameter<T>&)>;
  void observe_gradients(GradientObserver observer) { observer_ = std::move(observer); }

  std::vector<OpDescription> describe() const;
  Index multiply_adds() const;

 private:
  // What backward() does after operation i: adds up shares, and then tells of complete gradients.
  struct Aftermath {
    std::vector<Input<T>*> shares;
    std::vector<Parameter<T>*> complete;
  };

  void record(std::unique_ptr<Op<T>> op);
  void plan_gradients();
  void plan_completion();
  Value<T>& add_value(const Shape& shape, GradientPlace gradient);

  Mode mode_;
  bool finished_ = false;
  std::deque<Value<T>> values_;                  // a deque keeps addresses
  std::unordered_set<const Value<T>*> written_;  // inputs, and what the operations write
  std::vector<const Value<T>*> outputs_;
  std::vector<std::unique_ptr<Op<T>>> ops_;
  std::vector<Aftermath> aftermath_;  // as long as ops_, in a finished training graph
  std::vector<Tracked> tracked_;
  GradientObserver observer_;
};

}  // namespace normlab
