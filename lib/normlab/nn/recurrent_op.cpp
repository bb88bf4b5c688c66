#include "normlab/nn/recurrent_op.h"

namespace normlab {

template <class T>
RecurrentOp<T>::RecurrentOp(const RecurrentLinks<T>& links, Index gates, SummedInputs summed_inputs)
    : steps_(links.x.data.dimension(0)),
      batch_(links.x.data.dimension(1)),
      in_(links.x.data.dimension(2)),
      hidden_(links.y.data.dimension(2)),
      gates_(gates),
      links_(links),
      summed_inputs_(summed_inputs),
      input_({steps_, batch_, gates * hidden_}),
      initial_hidden_({batch_, hidden_}),
      input_product_({.m = steps_ * batch_, .n = gates * hidden_, .k = in_, .transpose_b = true}),
      recurrent_product_({.m = batch_,
                          .n = gates * hidden_,
                          .k = hidden_,
                          .transpose_b = true,
                          .accumulate = summed_inputs == SummedInputs::together}) {
  const Index width = gates * hidden_;
  if (summed_inputs_ == SummedInputs::apart) recurrent_ = Tensor<T>({kept_steps(), batch_, width});
  if (!training()) return;
  if (steps_ > 1) {
    dhidden_product_.emplace(ProductShape{.m = batch_, .n = hidden_, .k = width, .accumulate = true});
    dweight_hh_product_.emplace(
        ProductShape{.m = width, .n = hidden_, .k = (steps_ - 1) * batch_, .transpose_a = true});
  }
  if (carries()) {
    dweight_hh_initial_product_.emplace(
        ProductShape{.m = width, .n = hidden_, .k = batch_, .transpose_a = true, .accumulate = steps_ > 1});
  }
  dweight_ih_product_.emplace(ProductShape{.m = width, .n = in_, .k = steps_ * batch_, .transpose_a = true});
  if (links_.x.wants_gradient()) {
    dx_product_.emplace(
        ProductShape{.m = steps_ * batch_, .n = in_, .k = width, .accumulate = links_.adds_to_dx});
  }
}

template <class T>
void RecurrentOp<T>::forward() {
  if (carries()) initial_hidden_.copy_from(*links_.carried_hidden);
  start_forward();
  if (steps_ > 1 || carries()) recurrent_product_.pack(links_.weight_hh.data.data());
  input_product_(links_.x.data.data(), links_.weight_ih.data.data(), input_.data());
  for (Index step = 0; step < steps_; ++step) {
    multiply_recurrent(step);
    step_forward(step);
  }
  if (carries()) std::copy_n(hidden(steps_ - 1), batch_ * hidden_, links_.carried_hidden->data());
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
  if (dhidden_product_) dhidden_product_->pack(links_.weight_hh.data.data());
  for (Index step = steps_ - 1; step >= 0; --step) {
    step_backward(step);
    const T* dproduct = summed_inputs_ == SummedInputs::together ? input(step) : recurrent(step);
    if (step > 0) (*dhidden_product_)(dproduct, dhidden(step - 1));
  }
  finish_backward();
  multiply_weight_gradient();
  (*dweight_ih_product_)(input_.data(), links_.x.data.data(), links_.weight_ih.gradient.data());
  if (dx_product_) (*dx_product_)(input_.data(), links_.weight_ih.data.data(), links_.x.gradient.data());
}

// dW_hh = sum_t dR_t^T h_(t-1): the hidden states, shifted by one step, lie beside the gradients.
template <class T>
void RecurrentOp<T>::multiply_weight_gradient() {
  Tensor<T>& dproducts = summed_inputs_ == SummedInputs::together ? input_ : recurrent_;
  Tensor<T>& gradient = links_.weight_hh.gradient;
  if (dweight_hh_product_) {
    const Index first_dproduct = links_.reverse ? 0 : 1;
    const Index first_hidden = links_.reverse ? 1 : 0;
    (*dweight_hh_product_)(at_step(dproducts, first_dproduct), at_step(links_.y.data, first_hidden),
                           gradient.data());
  } else {
    gradient.fill(T(0));
  }
  if (dweight_hh_initial_product_) {
    (*dweight_hh_initial_product_)(at_step(dproducts, time(0)), initial_hidden_.data(), gradient.data());
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
  return {.moved = (together ? 4 : 8) * wide + 6 * states, .footprint = (together ? 1 : 3) * wide + 4 * states};
}

template <class T>
Index RecurrentOp<T>::multiply_adds() const {
  const Index recurrent_products = carries() ? steps_ : steps_ - 1;
  return input_product_.multiply_adds() + recurrent_products * recurrent_product_.multiply_adds();
}

template class RecurrentOp<float>;
template class RecurrentOp<double>;

}  // namespace normlab
