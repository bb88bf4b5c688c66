#include "normlab/kernels/tanh_cell_batch.h"

#include "normlab/kernels/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "normlab/kernels/tanh_cell_batch.cpp"
#include <hwy/foreach_target.h>

#include "normlab/kernels/cell_norm-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

template <class T>
void tanh_cell_batch_forward(const TanhCellBatchForward<T>& a) {
  const hn::ScalableTag<T> d;
  for_each_vector(d, a.end - a.begin, [&](auto access, Index offset) NORMLAB_INLINE_LAMBDA {
    const Index i = a.begin + offset;
    scale_columns(access, a.input, a.rows, a.hidden, i, a.input_norm, a.settings);
    scale_columns(access, a.recurrent, a.rows, a.hidden, i, a.recurrent_norm, a.settings);
    for (Index row = 0; row < a.rows; ++row) {
      const Index at = row * a.hidden + i;
      const auto from_recurrent = hn::MulAdd(normalized(access, a.recurrent_norm, i, a.recurrent + at),
                                             access.load(a.gain_hh + i), access.load(a.bias + i));
      const auto z = hn::MulAdd(normalized(access, a.input_norm, i, a.input + at), access.load(a.gain_ih + i),
                                from_recurrent);
      access.store(tanh(d, z), a.hidden_state + at);
    }
  });
}

template <class T>
void tanh_cell_batch_backward(const TanhCellBatchBackward<T>& a) {
  const hn::ScalableTag<T> d;
  for_each_vector(d, a.end - a.begin, [&](auto access, Index offset) NORMLAB_INLINE_LAMBDA {
    const Index i = a.begin + offset;
    const auto through_tanh = [&](Index row) NORMLAB_INLINE_LAMBDA {
      const Index at = row * a.hidden + i;
      return tanh_gradient(access.d, access.load(a.dhidden + at), access.load(a.hidden_state + at));
    };
    add_column(access, through_tanh, a.rows, a.dbias + i);
    normalize_columns_backward(access, through_tanh, a.rows, a.hidden, i, a.input_norm, a.gain_ih, a.input,
                               a.dinput, a.dgain_ih);
    normalize_columns_backward(access, through_tanh, a.rows, a.hidden, i, a.recurrent_norm, a.gain_hh,
                               a.recurrent, a.drecurrent, a.dgain_hh);
  });
}

NORMLAB_TARGET_KERNEL(tanh_cell_batch_forward, TanhCellBatchForward)
NORMLAB_TARGET_KERNEL(tanh_cell_batch_backward, TanhCellBatchBackward)

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace normlab {
NORMLAB_EXPORT_KERNEL(tanh_cell_batch_forward, TanhCellBatchForward)
NORMLAB_EXPORT_KERNEL(tanh_cell_batch_backward, TanhCellBatchBackward)
}  // namespace normlab
#endif
