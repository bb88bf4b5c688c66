// The arithmetic of the GRU that its row-wise and batch-normalized kernels share. Included once per
// instruction set.
#if defined(NORMLAB_KERNELS_GRU_CELL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMLAB_KERNELS_GRU_CELL_INL_H_
#undef NORMLAB_KERNELS_GRU_CELL_INL_H_
#else
#define NORMLAB_KERNELS_GRU_CELL_INL_H_
#endif

#include "normlab/kernels/cell_norm-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

// For the vector of units at i of one row, from the summed inputs of r and z and the two parts of n's: stores
// r, z, n; returns h.
template <class T, class Access, class V>
HWY_INLINE V gru_gates(Access access, V sum_r, V sum_z, V candidate_input, V candidate_recurrent, T* gates,
                       Index hidden, Index i, const T* previous_hidden) {
  const auto d = access.d;
  const auto r = sigmoid(d, sum_r);
  const auto z = sigmoid(d, sum_z);
  const auto n = tanh(d, hn::MulAdd(r, candidate_recurrent, candidate_input));
  access.store(r, gates + i);
  access.store(z, gates + hidden + i);
  access.store(n, gates + 2 * hidden + i);
  return hn::MulAdd(z, hn::Sub(access.load(previous_hidden + i), n), n);
}

// Stores the gradients of the summed inputs of r, z and n in dgates and adds z dL/dh to dprevious_hidden, if
// any; returns the gradient of candidate_recurrent.
template <class T, class Access, class V>
HWY_INLINE V gru_gates_backward(Access access, V candidate_recurrent, const T* gates, T* dgates, Index hidden,
                                Index i, const T* dhidden, const T* previous_hidden, T* dprevious_hidden) {
  const auto d = access.d;
  const auto r = access.load(gates + i);
  const auto z = access.load(gates + hidden + i);
  const auto n = access.load(gates + 2 * hidden + i);
  const auto dh = access.load(dhidden + i);
  const auto dz = hn::Mul(dh, hn::Sub(access.load(previous_hidden + i), n));
  const auto through_z = hn::Mul(dh, z);
  const auto dsum_n = tanh_gradient(d, hn::Sub(dh, through_z), n);
  access.store(sigmoid_gradient(d, hn::Mul(dsum_n, candidate_recurrent), r), dgates + i);
  access.store(sigmoid_gradient(d, dz, z), dgates + hidden + i);
  access.store(dsum_n, dgates + 2 * hidden + i);
  if (dprevious_hidden != nullptr) add_to(access, through_z, dprevious_hidden + i);
  return hn::Mul(dsum_n, r);
}

template <class T>
T* row_or_null(T* p, Index offset) {
  return p == nullptr ? nullptr : p + offset;
}

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
