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
  for_each_vector(d, a.end - a.begin, [&](auto access, Index offset) HWY_ATTR {
    const Index r = a.begin + offset, z = r + a.hidden, n = z + a.hidden;
    for (Index column = r; column < width; column += a.hidden) {
      scale_columns(access, a.input, a.rows, width, column, a.input_norm, a.settings);
      scale_columns(access, a.recurrent, a.rows, width, column, a.recurrent_norm, a.settings);
    }
    for (Index row = 0; row < a.rows; ++row) {
      const auto from_input = [&](Index column) HWY_ATTR {
        return hn::MulAdd(normalized(access, a.input_norm, column, a.input + row * width + column),
                          access.load(a.gain_ih + column), access.load(a.bias + column));
      };
      const auto add_recurrent = [&](Index column, auto sum) HWY_ATTR {
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

// r, z, n and the fourth part of the gates become the gradients of what they were computed from.
template <class T, class Access>
HWY_INLINE void gru_batch_gates_backward(Access access, const GruBatchBackward<T>& a, Index i) {
  for (Index row = 0; row < a.rows; ++row) {
    const Index first = row * a.hidden;
    T* gates = a.gates + 4 * first;
    T* dprevious_hidden = a.dprevious_hidden == nullptr ? nullptr : a.dprevious_hidden + first;
    const auto candidate_recurrent = access.load(gates + 3 * a.hidden + i);
    const auto dcandidate_recurrent =
        gru_gates_backward(access, candidate_recurrent, gates, a.hidden, i, a.dhidden + first,
                           a.previous_hidden + first, dprevious_hidden);
    access.store(dcandidate_recurrent, gates + 3 * a.hidden + i);
    add_to(access, dcandidate_recurrent, a.dbias_hn + i);
    for (Index at = i; at < 3 * a.hidden; at += a.hidden) {
      add_to(access, access.load(gates + at), a.dbias + at);
    }
  }
}

template <class T>
void gru_batch_backward(const GruBatchBackward<T>& a) {
  const hn::ScalableTag<T> d;
  const Index width = 3 * a.hidden;
  for_each_vector(d, a.end - a.begin, [&](auto access, Index offset) HWY_ATTR {
    const Index i = a.begin + offset;
    gru_batch_gates_backward(access, a, i);
    for (Index gate = 0; gate < 3; ++gate) {
      const Index column = gate * a.hidden + i;
      const Index recurrent_column = gate == 2 ? column + a.hidden : column;
      const auto to_input = [&](Index row)
                                HWY_ATTR { return access.load(a.gates + row * 4 * a.hidden + column); };
      const auto to_recurrent = [&](Index row) HWY_ATTR {
        return access.load(a.gates + row * 4 * a.hidden + recurrent_column);
      };
      normalize_columns_backward(access, to_input, a.rows, width, column, a.input_norm, a.gain_ih, a.input,
                                 a.dgain_ih);
      normalize_columns_backward(access, to_recurrent, a.rows, width, column, a.recurrent_norm, a.gain_hh,
                                 a.recurrent, a.dgain_hh);
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
