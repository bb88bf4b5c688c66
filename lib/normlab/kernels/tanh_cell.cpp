#include "normlab/kernels/tanh_cell.h"

#include "normlab/kernels/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "normlab/kernels/tanh_cell.cpp"
#include <hwy/foreach_target.h>

#include "normlab/kernels/cell_norm-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

template <RowNorm norm, class T>
void tanh_cell_forward_rows(const TanhCellForward<T>& a) {
  const hn::ScalableTag<T> d;
  for (Index row = 0; row < a.rows; ++row) {
    const T* summed = a.summed + row * a.hidden;
    T* hidden_state = a.hidden_state + row * a.hidden;
    RowScaling<T> scaling;
    if constexpr (norm != RowNorm::none) {
      scaling = a.scaling[row] = row_scaling<norm>(summed, a.hidden, a.epsilon);
    }
    for_each_vector(d, a.hidden, [&](auto access, Index i) HWY_ATTR {
      const auto bias = access.load(a.bias + i);
      if constexpr (norm == RowNorm::none) {
        access.store(hn::Tanh(d, hn::Add(access.load(summed + i), bias)), hidden_state + i);
      } else {
        const auto normal = normalized<norm>(access, scaling, summed + i);
        access.store(hn::Tanh(d, hn::MulAdd(normal, access.load(a.gain + i), bias)), hidden_state + i);
      }
    });
  }
}

template <RowNorm norm, class T>
void tanh_cell_backward_rows(const TanhCellBackward<T>& a) {
  const hn::ScalableTag<T> d;
  for (Index row = 0; row < a.rows; ++row) {
    T* summed = a.summed + row * a.hidden;
    const T* hidden_state = a.hidden_state + row * a.hidden;
    const T* dhidden = a.dhidden + row * a.hidden;
    const auto through_tanh = [&](auto access, Index i) HWY_ATTR {
      return tanh_gradient(access.d, access.load(dhidden + i), access.load(hidden_state + i));
    };
    for_each_vector(d, a.hidden, [&](auto access, Index i) HWY_ATTR {
      const auto gradient = through_tanh(access, i);
      add_to(access, gradient, a.dbias + i);
      if constexpr (norm == RowNorm::none) access.store(gradient, summed + i);
    });
    if constexpr (norm != RowNorm::none) {
      normalize_row_backward<norm>(through_tanh, a.scaling[row], a.gain, summed, summed, a.dgain, a.hidden);
    }
  }
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
