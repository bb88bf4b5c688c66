// What all recurrent layers share: the matrix products and the walk over the time steps. A cell (nn/lstm.h,
// nn/gru.h, nn/tanh_rnn.h) adds what happens between two products.
#pragma once

#include <optional>

#include "normlab/core/parallel.h"
#include "normlab/nn/graph.h"
#include "normlab/nn/normalization.h"
#include "normlab/nn/parameters.h"
#include "normlab/onednn/packed_product.h"

namespace normlab {

// The tensors of one layer in one direction, with T time steps, B samples, G gates and H hidden units.
template <class T>
struct RecurrentLinks {
  Value<T>& x;          // (T, B, D)
  Value<T>& weight_ih;  // (G H, D)
  Value<T>& weight_hh;  // (G H, H)
  Value<T>& y;          // (T, B, H): the hidden state after every step
  bool reverse;         // the recurrence walks from the last time step to the first
  bool adds_to_dx;      // another operation, recorded later, also reads x and has written its gradient
  // (B, H): where the hidden state is carried from one forward() to the next; null: it starts at zero.
  Tensor<T>* carried_hidden;
};

// How a cell takes its summed inputs: W_ih x + W_hh h as one sum, or the two apart.
enum class SummedInputs { together, apart };

// The part of a buffer (steps, ...) that belongs to `step`; a buffer of a single step serves all of them.
template <class T>
T* at_step(Tensor<T>& buffer, Index step) {
  const Index steps = buffer.dimension(0);
  return steps > 1 ? buffer.data() + step * (buffer.size() / steps) : buffer.data();
}

// Step s of the recurrence is time t = s, or T - 1 - s in reverse. With P = W_ih x of all time steps at once
// and R_t = W_hh h_(t-1) step by step, a cell computes h_t in step_forward(s), and in step_backward(s)
// replaces P_t and R_t by their gradients, given in dhidden(s) the gradient of h_t from everything after it.
// The gradient of h_(t-1) is then dR_t W_hh + y's own gradient, accumulated in place: after backward(),
// y.gradient holds the total derivative with respect to every hidden state. Weight gradients are one product
// over all time steps. No gradient flows through a carried state.
template <class T>
class RecurrentOp : public Op<T> {
 public:
  void forward() final;
  void backward() final;
  Traffic traffic() const final;
  Index multiply_adds() const final;  // a recurrent product with a state known to be zero is not made

 protected:
  RecurrentOp(const RecurrentLinks<T>& links, Index gates, SummedInputs summed_inputs);

  virtual void start_forward() = 0;
  virtual void step_forward(Index step) = 0;
  virtual void finish_forward() = 0;
  virtual void start_backward() = 0;
  virtual void step_backward(Index step) = 0;
  virtual void finish_backward() = 0;

  bool training() const { return links_.y.wants_gradient(); }
  // Buffers that only backward() reads have one step in an evaluation graph.
  Index kept_steps() const { return training() ? steps_ : 1; }
  Index time(Index step) const { return links_.reverse ? steps_ - 1 - step : step; }

  T* input(Index step) { return at_step(input_, time(step)); }               // (B, G H): P_t
  T* recurrent(Index step) { return at_step(recurrent_, time(step)); }       // (B, G H): R_t, when apart
  T* hidden(Index step) { return at_step(links_.y.data, time(step)); }       // (B, H)
  T* dhidden(Index step) { return at_step(links_.y.gradient, time(step)); }  // (B, H)
  const T* previous_hidden(Index step) { return step > 0 ? hidden(step - 1) : initial_hidden_.data(); }
  bool carries() const { return links_.carried_hidden != nullptr; }

  // Calls body(first_row, rows, thread) for parts of the batch.
  template <class Body>
  void for_rows(const Body& body) {
    const Index rows_worth_a_thread = 1 + 2048 / hidden_;
    parallel_for(batch_, rows_worth_a_thread,
                 [&](Index begin, Index end, int thread) { body(begin, end - begin, thread); });
  }

  // Calls body(first_unit, end_unit) for parts of the hidden units: batch norm looks at all rows of a column.
  template <class Body>
  void for_units(const Body& body) {
    const Index units_worth_a_thread = 16 + 2048 / batch_;
    parallel_for(hidden_, units_worth_a_thread, [&](Index begin, Index end, int) { body(begin, end); });
  }

  Index steps_, batch_, in_, hidden_, gates_;

 private:
  void multiply_recurrent(Index step);
  void multiply_weight_gradient();

  RecurrentLinks<T> links_;
  SummedInputs summed_inputs_;
  Tensor<T> input_;           // (T, B, G H)
  Tensor<T> recurrent_;       // (T or 1, B, G H), empty when together
  Tensor<T> initial_hidden_;  // (B, H)
  MatrixProduct<T> input_product_;
  PackedProduct<T> recurrent_product_;
  std::optional<PackedProduct<T>> dhidden_product_;
  std::optional<MatrixProduct<T>> dx_product_, dweight_ih_product_;
  std::optional<MatrixProduct<T>> dweight_hh_product_, dweight_hh_initial_product_;
};

}  // namespace normlab
