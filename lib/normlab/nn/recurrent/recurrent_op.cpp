#include "normlab/nn/recurrent/recurrent_op.h"

namespace normlab {
namespace {

// The time steps of a chunk. 64 to 128 rows are enough for the products with weight gradients to run at their
// best rate (measured for widths from 512 to 2048, with AVX2 and AVX-512), and 128 rows of a width of 1024
// fill half of a second-level cache of 1 MB. A weight gradient that does not fit there itself would travel
// for every chunk, which costs more than chunks save.
Index steps_of_chunk(Index steps, Index batch, Index weight_bytes) {
  constexpr Index rows = 128, cache = 1 << 20;
  return weight_bytes > cache ? steps : std::clamp<Index>(rows / batch, 1, steps);
}

}  // namespace

template <class T>
RecurrentOp<T>::RecurrentOp(std::string name, const RecurrentLinks<T>& links, const CellNorm<T>& norm,
                            Index gates, SummedInputs summed_inputs)
    : norm_(norm),
      steps_(links.x.data.dimension(0)),
      batch_(links.x.data.dimension(1)),
      in_(links.x.data.dimension(2)),
      hidden_(links.y.data.dimension(2)),
      gates_(gates),
      name_(std::move(name)),
      x_(*this, links.x, GradientWrite::can_add),
      weight_ih_(*this, links.weight_ih, GradientWrite::can_add),
      weight_hh_(*this, links.weight_hh, GradientWrite::can_add),
      y_(*this, links.y),
      reverse_(links.reverse),
      carried_hidden_(links.carried_hidden),
      summed_inputs_(summed_inputs),
      chunk_steps_(steps_of_chunk(steps_, batch_, gates_ * hidden_ * hidden_ * Index{sizeof(T)})),
      first_chunk_steps_(steps_ - (steps_ - 1) / chunk_steps_ * chunk_steps_),
      input_({steps_, batch_, gates * hidden_}),
      initial_hidden_({batch_, hidden_}),
      recurrent_product_({.m = batch_,
                          .n = gates * hidden_,
                          .k = hidden_,
                          .transpose_b = true,
                          .accumulate = summed_inputs == SummedInputs::together}) {
  if (summed_inputs_ == SummedInputs::apart) recurrent_ = Tensor<T>({kept_steps(), batch_, gates * hidden_});
  const auto plan_input = [&](ChunkProducts& products, Index steps) {
    products.input.emplace(
        ProductShape{.m = steps * batch_, .n = gates_ * hidden_, .k = in_, .transpose_b = true});
  };
  plan_input(first_, first_chunk_steps_);
  if (chunks() > 2) plan_input(middle_, chunk_steps_);
  if (chunks() > 1) plan_input(last_, chunk_steps_);
}

template <class T>
void RecurrentOp<T>::plan_backward() {
  const Index width = gates_ * hidden_;
  plan_gradients(first_, first_chunk_steps_, first_chunk_steps_ - 1, chunks() > 1);
  if (chunks() > 2) plan_gradients(middle_, chunk_steps_, chunk_steps_, true);
  if (chunks() > 1) plan_gradients(last_, chunk_steps_, chunk_steps_, false);
  dinput_ = Tensor<T>({chunk_steps_, batch_, width});
  if (summed_inputs_ == SummedInputs::apart) drecurrent_ = Tensor<T>({chunk_steps_, batch_, width});
  if (steps_ > 1) {
    dhidden_product_.emplace(ProductShape{.m = batch_, .n = hidden_, .k = width, .accumulate = true});
  }
  if (carries()) {
    dweight_hh_initial_product_.emplace(ProductShape{.m = width,
                                                     .n = hidden_,
                                                     .k = batch_,
                                                     .transpose_a = true,
                                                     .accumulate = steps_ > 1 || weight_hh_.adds()});
  }
}

template <class T>
void RecurrentOp<T>::plan_gradients(ChunkProducts& products, Index steps, Index recurrent_steps,
                                    bool accumulate) {
  const Index rows = steps * batch_, width = gates_ * hidden_;
  products.dweight_ih.emplace(ProductShape{
      .m = width, .n = in_, .k = rows, .transpose_a = true, .accumulate = accumulate || weight_ih_.adds()});
  if (recurrent_steps > 0) {
    products.dweight_hh.emplace(ProductShape{.m = width,
                                             .n = hidden_,
                                             .k = recurrent_steps * batch_,
                                             .transpose_a = true,
                                             .accumulate = accumulate || weight_hh_.adds()});
  }
  if (x_.wants_gradient()) {
    products.dx.emplace(ProductShape{.m = rows, .n = in_, .k = width, .accumulate = x_.adds()});
  }
}

template <class T>
typename RecurrentOp<T>::Chunk RecurrentOp<T>::chunk_of(Index step) const {
  if (step < first_chunk_steps_) return {0, first_chunk_steps_};
  const Index begin = step - (step - first_chunk_steps_) % chunk_steps_;
  return {begin, begin + chunk_steps_};
}

template <class T>
const typename RecurrentOp<T>::ChunkProducts& RecurrentOp<T>::products(const Chunk& chunk) const {
  if (chunk.begin == 0) return first_;
  return chunk.end == steps_ ? last_ : middle_;
}

template <class T>
void RecurrentOp<T>::forward() {
  if (carries()) initial_hidden_.copy_from(*carried_hidden_);
  start_forward();
  if (steps_ > 1 || carries()) recurrent_product_.pack(weight_hh_.data());
  for (Index step = 0; step < steps_; ++step) {
    if (const Chunk chunk = chunk_of(step); chunk.begin == step) {
      const Index first = lowest(chunk);
      (*products(chunk).input)(x(first), weight_ih_.data(), input(first));
    }
    multiply_recurrent(step);
    step_forward(step);
  }
  if (carries()) std::copy_n(hidden(steps_ - 1), batch_ * hidden_, carried_hidden_->data());
  finish_forward();
}

template <class T>
void RecurrentOp<T>::multiply_recurrent(Index step) {
  T* product = summed_inputs_ == SummedInputs::together ? input(step) : recurrent(step);
  if (step > 0 || carries()) {
    recurrent_product_(previous_hidden(step), product);
  } else if (summed_inputs_ == SummedInputs::apart) {
    std::fill_n(product, batch_ * gates_ * hidden_, T(0));
  }
}

template <class T>
void RecurrentOp<T>::backward() {
  start_backward();
  // which no chunk writes
  if (steps_ == 1 && !weight_hh_.adds()) std::fill_n(weight_hh_.gradient(), weight_hh_.size(), T(0));
  if (dhidden_product_) dhidden_product_->pack(weight_hh_.data());
  for (Index step = steps_ - 1; step >= 0; --step) {
    step_backward(step);
    if (step > 0) (*dhidden_product_)(drecurrent(step), dhidden(step - 1));
    if (const Chunk chunk = chunk_of(step); chunk.begin == step) multiply_chunk_gradients(chunk);
  }
  finish_backward();
}

// dW_ih += sum_t dP_t^T x_t, dx_t = dP_t W_ih, and dW_hh += sum_t dR_t^T h_(t-1), where the hidden states lie
// one step before the gradients.
template <class T>
void RecurrentOp<T>::multiply_chunk_gradients(const Chunk& chunk) {
  const ChunkProducts& all = products(chunk);
  const Index first = lowest(chunk);
  const T* dp = dinput(first);
  (*all.dweight_ih)(dp, x(first), weight_ih_.gradient());
  if (all.dx) (*all.dx)(dp, weight_ih_.data(), x_.gradient() + time(first) * batch_ * in_);
  T* dweight_hh = weight_hh_.gradient();
  if (all.dweight_hh) {
    const Index with_previous = lowest({std::max<Index>(chunk.begin, 1), chunk.end});
    (*all.dweight_hh)(drecurrent(with_previous), previous_hidden(with_previous), dweight_hh);
  }
  if (chunk.begin == 0 && carries()) {
    (*dweight_hh_initial_product_)(drecurrent(0), initial_hidden_.data(), dweight_hh);
  }
}

// Forward reads the summed inputs and writes the gates, the state and h; backward reads these and dh, and
// writes the gradients of the summed inputs. Apart, there are two summed inputs and their gradients, which
// both passes read for their normalization.
template <class T>
Traffic RecurrentOp<T>::traffic() const {
  const Index states = steps_ * batch_ * hidden_;
  const Index wide = states * gates_;
  const bool together = summed_inputs_ == SummedInputs::together;
  return {.moved = (together ? 4 : 8) * wide + 6 * states,
          .footprint = (together ? 1 : 3) * wide + 4 * states};
}

template <class T>
Index RecurrentOp<T>::multiply_adds() const {
  const Index recurrent_products = carries() ? steps_ : steps_ - 1;
  return steps_ * batch_ * gates_ * hidden_ * in_ + recurrent_products * recurrent_product_.multiply_adds();
}

template class RecurrentOp<float>;
#if NORMLAB_WITH_DOUBLE
template class RecurrentOp<double>;
#endif

}  // namespace normlab
