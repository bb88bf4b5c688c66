#include "normlab/kernels/gru_cell_batch.h"

#include "normlab/kernels/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "normlab/kernels/gru_cell_batch.cpp"
#include <hwy/foreach_target.h>

#include "normlab/kernels/gru_cell-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

template <class T>
void gru_batch_forward(const GruBatchForward<T>& a) {
  const hn::ScalableTag<T> d;
  const Index width = 3 * a.hidden;
  for_each_vector(d, a.end - a.begin, [&](auto access, Index offset) NORMLAB_INLINE_LAMBDA {
    const Index r = a.begin + offset, z = r + a.hidden, n = z + a.hidden;
    for (Index column = r; column < width; column += a.hidden) {
      scale_columns(access, a.input, a.rows, width, column, a.input_norm, a.settings);
      scale_columns(access, a.recurrent, a.rows, width, column, a.recurrent_norm, a.settings);
    }
    for (Index row = 0; row < a.rows; ++row) {
      const auto from_input = [&](Index column) NORMLAB_INLINE_LAMBDA {
        return hn::MulAdd(normalized(access, a.input_norm, column, a.input + row * width + column),
                          access.load(a.gain_ih + column), access.load(a.bias + column));
      };
      const auto add_recurrent = [&](Index column, auto sum) NORMLAB_INLINE_LAMBDA {
        return hn::MulAdd(normalized(access, a.recurrent_norm, column, a.recurrent + row * width + column),
                          access.load(a.gain_hh + column), sum);
      };
      T* gates = a.gates + row * 4 * a.hidden;
      const auto candidate_recurrent = add_recurrent(n, access.load(a.bias_hn + r));
      const auto h =
          gru_gates(access, add_recurrent(r, from_input(r)), add_recurrent(z, from_input(z)), from_input(n),
                    candidate_recurrent, gates, a.hidden, r, a.previous_hidden + row * a.hidden);
      access.store(candidate_recurrent, gates + 3 * a.hidden + r);
      access.store(h, a.hidden_state + row * a.hidden + r);
    }
  });
}

// The gradients of the summed inputs: those of r, z and n into dinput, that of the part of n that comes from
// h' into drecurrent.
template <class T, class Access>
HWY_INLINE void gru_batch_gates_backward(Access access, const GruBatchBackward<T>& a, Index i) {
  for (Index row = 0; row < a.rows; ++row) {
    const Index first = row * a.hidden;
    const T* gates = a.gates + 4 * first;
    const auto candidate_recurrent = access.load(gates + 3 * a.hidden + i);
    const auto dcandidate_recurrent = gru_gates_backward(
        access, candidate_recurrent, gates, a.dinput + 3 * first, a.hidden, i, a.dhidden + first,
        a.previous_hidden + first, row_or_null(a.dprevious_hidden, first));
    access.store(dcandidate_recurrent, a.drecurrent + 3 * first + 2 * a.hidden + i);
  }
}

template <class T>
void gru_batch_backward(const GruBatchBackward<T>& arguments) {
  const hn::ScalableTag<T> d;
  const GruBatchBackward<T> a = arguments;  // a local, which no store can be taken to change
  const Index width = 3 * a.hidden;
  for_each_vector(d, a.end - a.begin, [&](auto access, Index offset) NORMLAB_INLINE_LAMBDA {
    const Index i = a.begin + offset;
    gru_batch_gates_backward(access, a, i);
    for (Index gate = 0; gate < 3; ++gate) {
      const Index column = gate * a.hidden + i;
      const T* drecurrent = gate == 2 ? a.drecurrent : a.dinput;
      const auto to_input = [&](Index row) NORMLAB_INLINE_LAMBDA {
        return access.load(a.dinput + row * width + column);
      };
      const auto to_recurrent = [&](Index row) NORMLAB_INLINE_LAMBDA {
        return access.load(drecurrent + row * width + column);
      };
      add_column(access, to_input, a.rows, a.dbias + column);
      if (gate == 2) add_column(access, to_recurrent, a.rows, a.dbias_hn + i);
      normalize_columns_backward(access, to_recurrent, a.rows, width, column, a.recurrent_norm, a.gain_hh,
                                 a.recurrent, a.drecurrent, a.dgain_hh);
      normalize_columns_backward(access, to_input, a.rows, width, column, a.input_norm, a.gain_ih, a.input,
                                 a.dinput, a.dgain_ih);
    }
  });
}

NORMLAB_TARGET_KERNEL(gru_batch_forward, GruBatchForward)
NORMLAB_TARGET_KERNEL(gru_batch_backward, GruBatchBackward)

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace normlab {
NORMLAB_EXPORT_KERNEL(gru_batch_forward, GruBatchForward)
NORMLAB_EXPORT_KERNEL(gru_batch_backward, GruBatchBackward)
}  // namespace normlab
#endif
