#include "normlab/kernels/tanh_cell.h"

#include "normlab/kernels/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "normlab/kernels/tanh_cell.cpp"
#include <hwy/foreach_target.h>

#include "normlab/kernels/cell_norm-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

template <RowNorm norm, class T>
void tanh_cell_forward_rows(const TanhCellForward<T>& arguments) {
  const hn::ScalableTag<T> d;
  const TanhCellForward<T> a = arguments;  // a local, which no store can be taken to change
  for_row_blocks(a.rows, [&](auto count, Index row) NORMLAB_INLINE_LAMBDA {
    T* summed = a.summed + row * a.hidden;
    if constexpr (norm != RowNorm::none) {
      scale_rows<norm, count.value>(summed, a.hidden, a.epsilon, a.scaling + row);
    }
    for (int r = 0; r < count.value; ++r) {
      T* hidden_state = a.hidden_state + (row + r) * a.hidden;
      for_each_vector(d, a.hidden, [&](auto access, Index i) NORMLAB_INLINE_LAMBDA {
        const auto bias = access.load(a.bias + i);
        T* s = summed + r * a.hidden + i;
        if constexpr (norm == RowNorm::none) {
          access.store(tanh(d, hn::Add(access.load(s), bias)), hidden_state + i);
        } else {
          const auto normal = normalize_in_place<norm>(access, a.scaling[row + r], s);
          access.store(tanh(d, hn::MulAdd(normal, access.load(a.gain + i), bias)), hidden_state + i);
        }
      });
    }
  });
}

// dsummed receives dy, the gradient of tanh's argument, and then under layer and rms that of s.
template <RowNorm norm, int count, class T>
HWY_INLINE void tanh_cell_backward_block(const TanhCellBackward<T>& a, Index row) {
  const hn::ScalableTag<T> d;
  constexpr bool normalizes = norm != RowNorm::none;
  RowGradientMeans<norm, count, T> means;
  for_each_vector(d, a.hidden, [&](auto access, Index i) NORMLAB_INLINE_LAMBDA {
    const auto gain = normalizes ? access.load(a.gain + i) : hn::Zero(d);
    auto dgain = normalizes ? access.load(a.dgain + i) : hn::Zero(d);
    auto dbias = access.load(a.dbias + i);
    for (int r = 0; r < count; ++r) {
      const Index at = (row + r) * a.hidden + i;
      const auto dy = tanh_gradient(d, access.load(a.dhidden + at), access.load(a.hidden_state + at));
      access.store(dy, a.dsummed + at);
      dbias = hn::Add(dbias, dy);
      if constexpr (normalizes) {
        const auto normal = access.load(a.summed + at);
        means.add(r, hn::Mul(dy, gain), normal);
        dgain = hn::MulAdd(dy, normal, dgain);
      }
    }
    access.store(dbias, a.dbias + i);
    if constexpr (normalizes) access.store(dgain, a.dgain + i);
  });
  if constexpr (normalizes) {
    means.finish(a.hidden);
    for_each_vector(d, a.hidden, [&](auto access, Index i) NORMLAB_INLINE_LAMBDA {
      const auto gain = access.load(a.gain + i);
      for (int r = 0; r < count; ++r) {
        const Index at = (row + r) * a.hidden + i;
        const auto reciprocal = hn::Set(d, a.scaling[row + r].reciprocal);
        access.store(means.dx(r, access.load(a.dsummed + at), gain, access.load(a.summed + at), reciprocal),
                     a.dsummed + at);
      }
    });
  }
}

template <RowNorm norm, class T>
void tanh_cell_backward_rows(const TanhCellBackward<T>& arguments) {
  const TanhCellBackward<T> a = arguments;
  for_row_blocks(a.rows, [&](auto count, Index row)
                             NORMLAB_INLINE_LAMBDA { tanh_cell_backward_block<norm, count.value>(a, row); });
}

template <class T>
void tanh_cell_forward(const TanhCellForward<T>& a) {
  if (a.norm == RowNorm::none) tanh_cell_forward_rows<RowNorm::none>(a);
  if (a.norm == RowNorm::layer) tanh_cell_forward_rows<RowNorm::layer>(a);
  if (a.norm == RowNorm::rms) tanh_cell_forward_rows<RowNorm::rms>(a);
}

template <class T>
void tanh_cell_backward(const TanhCellBackward<T>& a) {
  if (a.norm == RowNorm::none) tanh_cell_backward_rows<RowNorm::none>(a);
  if (a.norm == RowNorm::layer) tanh_cell_backward_rows<RowNorm::layer>(a);
  if (a.norm == RowNorm::rms) tanh_cell_backward_rows<RowNorm::rms>(a);
}

NORMLAB_TARGET_KERNEL(tanh_cell_forward, TanhCellForward)
NORMLAB_TARGET_KERNEL(tanh_cell_backward, TanhCellBackward)

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace normlab {
NORMLAB_EXPORT_KERNEL(tanh_cell_forward, TanhCellForward)
NORMLAB_EXPORT_KERNEL(tanh_cell_backward, TanhCellBackward)
}  // namespace normlab
#endif
