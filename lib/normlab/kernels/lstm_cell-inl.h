// The arithmetic of the LSTM that its row-wise and batch-normalized kernels share. Included once per
// instruction set.
#if defined(NORMLAB_KERNELS_LSTM_CELL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMLAB_KERNELS_LSTM_CELL_INL_H_
#undef NORMLAB_KERNELS_LSTM_CELL_INL_H_
#else
#define NORMLAB_KERNELS_LSTM_CELL_INL_H_
#endif

#include "normlab/kernels/cell_norm-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

// For the vector of units at i of one row: i, f, g, o from their summed inputs a(0) ... a(3), given to
// keep(gate, value) in this order; returns c.
template <class T, class Access, class Summed, class Keep>
HWY_INLINE auto lstm_gates(Access access, const Summed& a, const Keep& keep, Index i,
                           const T* previous_cell) {
  const auto d = access.d;
  const auto input_gate = sigmoid(d, a(0));
  const auto forget_gate = sigmoid(d, a(1));
  const auto candidate = tanh(d, a(2));
  const auto output_gate = sigmoid(d, a(3));
  keep(0, input_gate);
  keep(1, forget_gate);
  keep(2, candidate);
  keep(3, output_gate);
  return hn::MulAdd(forget_gate, access.load(previous_cell + i), hn::Mul(input_gate, candidate));
}

// Given dL/dc in full, calls emit(gate, dL/da) for the summed inputs of the gates 0, 1 and 2 (i, f, g);
// returns dL/dc'.
template <class T, class Access, class V, class Emit>
HWY_INLINE V lstm_gates_backward(Access access, V dc, const T* gates, Index hidden, Index i,
                                 const T* previous_cell, const Emit& emit) {
  const auto d = access.d;
  const auto input_gate = access.load(gates + i);
  const auto forget_gate = access.load(gates + hidden + i);
  const auto candidate = access.load(gates + 2 * hidden + i);
  emit(0, sigmoid_gradient(d, hn::Mul(dc, candidate), input_gate));
  emit(1, sigmoid_gradient(d, hn::Mul(dc, access.load(previous_cell + i)), forget_gate));
  emit(2, tanh_gradient(d, hn::Mul(dc, input_gate), candidate));
  return hn::Mul(dc, forget_gate);
}

// Given dL/dh, calls emit(3, dL/da) for o's summed input; returns the gradient of tanh's argument.
template <class T, class Access, class Emit>
HWY_INLINE auto lstm_output_backward(Access access, const T* dhidden, const T* tanh_cell,
                                     const T* output_gate, const Emit& emit) {
  const auto d = access.d;
  const auto dh = access.load(dhidden);
  const auto o = access.load(output_gate);
  const auto t = access.load(tanh_cell);
  emit(3, sigmoid_gradient(d, hn::Mul(dh, t), o));
  return tanh_gradient(d, hn::Mul(dh, o), t);
}

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
