// What all recurrent layers share: the matrix products and the walk over the time steps. A cell
// (nn/recurrent/lstm.h, nn/recurrent/gru.h, nn/recurrent/tanh_rnn.h) adds what happens between two products.
#pragma once

#include <optional>

#include "normlab/kernels/recurrent/cell_norm.h"
#include "normlab/nn/graph/graph.h"
#include "normlab/nn/graph/parameters.h"
#include "normlab/nn/graph/row_threads.h"
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

// Step s of the recurrence is time t = s, or T - 1 - s in reverse. With P = W_ih x and R_t = W_hh h_(t-1), a
// cell computes h_t in step_forward(s), and in step_backward(s) the gradients dP_t and dR_t, given in
// dhidden(s) the gradient of h_t from everything after it. The gradient of h_(t-1) is then dR_t W_hh + y's
// own gradient, accumulated in place: after backward(), y.gradient holds the total derivative with respect to
// every hidden state. No gradient flows through a carried state.
//
// R runs step by step. All other products take a chunk of steps at once, as many as make them efficient, and
// as few as leave P, dP and dR of a chunk in the second-level cache between the product and the cell: the
// gradients are never stored for a whole sequence. The first chunk has what is left of T.
template <class T>
class RecurrentOp : public Op<T> {
 public:
  std::string name() const final { return name_; }
  void plan_backward() final;
  void forward() final;
  void backward() final;
  Traffic traffic() const final;
  Index kept_elements() const final { return input_.size() + recurrent_.size() + kept_by_cell(); }
  Index multiply_adds() const final;  // a recurrent product with a state known to be zero is not made

 protected:
  RecurrentOp(std::string name, const RecurrentLinks<T>& links, const CellNorm<T>& norm, Index gates,
              SummedInputs summed_inputs);

  virtual Index kept_by_cell() const = 0;  // of its own tensors, as kept_elements()
  virtual void start_forward() = 0;
  virtual void step_forward(Index step) = 0;
  virtual void finish_forward() = 0;
  virtual void start_backward() = 0;
  virtual void step_backward(Index step) = 0;
  virtual void finish_backward() = 0;

  bool training() const { return y_.wants_gradient(); }
  // Buffers that only backward() reads have one step in an evaluation graph.
  Index kept_steps() const { return training() ? steps_ : 1; }
  Index time(Index step) const { return reverse_ ? steps_ - 1 - step : step; }

  T* input(Index step) { return at_step(input_, time(step)); }  // (B, G H): P_t
  T* recurrent(Index step) {                                    // (B, G H): R_t, null when together
    return summed_inputs_ == SummedInputs::together ? nullptr : at_step(recurrent_, time(step));
  }
  T* dinput(Index step) { return in_chunk(dinput_, step); }  // (B, G H): dP_t
  T* drecurrent(Index step) {                                // (B, G H): dR_t
    return summed_inputs_ == SummedInputs::together ? dinput(step) : in_chunk(drecurrent_, step);
  }
  T* hidden(Index step) { return y_.data() + time(step) * batch_ * hidden_; }       // (B, H)
  T* dhidden(Index step) { return y_.gradient() + time(step) * batch_ * hidden_; }  // (B, H)
  const T* previous_hidden(Index step) { return step > 0 ? hidden(step - 1) : initial_hidden_.data(); }
  bool carries() const { return carried_hidden_ != nullptr; }

  bool plain() const { return norm_.side == CellSide::plain; }

  // Calls body(part, thread) for parts of what the cell's kernel can divide: the rows of the batch or, where
  // statistics look at all rows of a column, the hidden units. Sums over rows are the threads' own there, and
  // one here, thread 0's.
  template <class Body>
  void for_parts(const Body& body) const {
    const bool per_column = norm_.side == CellSide::per_column;
    const Index worth_a_thread = per_column ? 16 + 2048 / batch_ : 1 + 2048 / hidden_;
    parallel_for(per_column ? hidden_ : batch_, worth_a_thread, [&](Index begin, Index end, int thread) {
      body(CellPart{begin, end}, per_column ? 0 : thread);
    });
  }

  CellNorm<T> norm_;
  Index steps_, batch_, in_, hidden_, gates_;

 private:
  // Steps [begin, end).
  struct Chunk {
    Index begin, end;
  };
  // The products over one chunk; what does not occur is absent.
  struct ChunkProducts {
    std::optional<MatrixProduct<T>> input, dweight_ih, dweight_hh, dx;
  };

  Chunk chunk_of(Index step) const;
  const ChunkProducts& products(const Chunk& chunk) const;
  // The step of a chunk with the lowest time: products read and write upwards from there.
  Index lowest(const Chunk& chunk) const { return reverse_ ? chunk.end - 1 : chunk.begin; }
  T* in_chunk(Tensor<T>& buffer, Index step) {
    const Index position = time(step) - time(lowest(chunk_of(step)));
    return buffer.data() + position * batch_ * gates_ * hidden_;
  }
  Index chunks() const { return 1 + (steps_ - first_chunk_steps_) / chunk_steps_; }
  void plan_gradients(ChunkProducts& products, Index steps, Index recurrent_steps, bool accumulate);
  const T* x(Index step) const { return x_.data() + time(step) * batch_ * in_; }
  void multiply_recurrent(Index step);
  void multiply_chunk_gradients(const Chunk& chunk);

  std::string name_;
  Input<T> x_, weight_ih_, weight_hh_;
  Output<T> y_;
  bool reverse_;
  Tensor<T>* carried_hidden_;
  SummedInputs summed_inputs_;
  Index chunk_steps_, first_chunk_steps_;
  Tensor<T> input_;                // (T, B, G H)
  Tensor<T> recurrent_;            // (T or 1, B, G H), empty when together
  Tensor<T> dinput_, drecurrent_;  // (steps of a chunk, B, G H), drecurrent_ empty when together
  Tensor<T> initial_hidden_;       // (B, H)
  // backward() begins with the last chunk, which overwrites the weight gradients; the others add to them.
  ChunkProducts first_, middle_, last_;
  PackedProduct<T> recurrent_product_;
  std::optional<PackedProduct<T>> dhidden_product_;
  std::optional<MatrixProduct<T>> dweight_hh_initial_product_;
};

}  // namespace normlab
