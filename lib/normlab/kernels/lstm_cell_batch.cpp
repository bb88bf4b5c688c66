#include "normlab/kernels/lstm_cell_batch.h"

#include "normlab/kernels/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "normlab/kernels/lstm_cell_batch.cpp"
#include <hwy/foreach_target.h>

#include "normlab/kernels/lstm_cell-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

template <class T>
void lstm_batch_forward(const LstmBatchForward<T>& a) {
  const hn::ScalableTag<T> d;
  const Index width = 4 * a.hidden;
  for_each_vector(d, a.end - a.begin, [&](auto access, Index offset) HWY_ATTR {
    const Index i = a.begin + offset;
    for (Index column = i; column < width; column += a.hidden) {
      scale_columns(access, a.input, a.rows, width, column, a.input_norm, a.settings);
      scale_columns(access, a.recurrent, a.rows, width, column, a.recurrent_norm, a.settings);
    }
    for (Index row = 0; row < a.rows; ++row) {
      const auto summed = [&](Index gate) HWY_ATTR {
        const Index column = gate * a.hidden + i;
        const Index at = row * width + column;
        const auto from_recurrent = hn::MulAdd(normalized(access, a.recurrent_norm, column, a.recurrent + at),
                                               access.load(a.gain_hh + column), access.load(a.bias + column));
        return hn::MulAdd(normalized(access, a.input_norm, column, a.input + at),
                          access.load(a.gain_ih + column), from_recurrent);
      };
      const auto c =
          lstm_gates(access, summed, a.gates + row * width, a.hidden, i, a.previous_cell + row * a.hidden);
      access.store(c, a.cell + row * a.hidden + i);
    }
    scale_columns(access, a.cell, a.rows, a.hidden, i, a.cell_norm, a.settings);
    for (Index row = 0; row < a.rows; ++row) {
      const Index at = row * a.hidden + i;
      const auto normal = normalized(access, a.cell_norm, i, a.cell + at);
      const auto t =
          hn::Tanh(d, hn::MulAdd(normal, access.load(a.gain_cell + i), access.load(a.bias_cell + i)));
      access.store(t, a.tanh_cell + at);
      const auto output_gate = access.load(a.gates + row * width + 3 * a.hidden + i);
      access.store(hn::Mul(output_gate, t), a.hidden_state + at);
    }
  });
}

// The gradients of the cell state: tanh_cell receives that of tanh's argument, cell that of c through h.
template <class T, class Access>
HWY_INLINE void lstm_batch_cell_backward(Access access, const LstmBatchBackward<T>& a, Index i) {
  auto dbias = access.load(a.dbias_cell + i);
  for (Index row = 0; row < a.rows; ++row) {
    const Index at = row * a.hidden + i;
    T* output_gate = a.gates + (row * 4 + 3) * a.hidden + i;
    const auto g = lstm_output_backward(access, a.dhidden + at, a.tanh_cell + at, output_gate, output_gate);
    access.store(g, a.tanh_cell + at);
    dbias = hn::Add(dbias, g);
  }
  access.store(dbias, a.dbias_cell + i);
  const auto from_tanh = [&](Index row) HWY_ATTR { return access.load(a.tanh_cell + row * a.hidden + i); };
  normalize_columns_backward(access, from_tanh, a.rows, a.hidden, i, a.cell_norm, a.gain_cell, a.cell,
                             a.dgain_cell);
}

template <class T>
void lstm_batch_backward(const LstmBatchBackward<T>& a) {
  const hn::ScalableTag<T> d;
  const Index width = 4 * a.hidden;
  for_each_vector(d, a.end - a.begin, [&](auto access, Index offset) HWY_ATTR {
    const Index i = a.begin + offset;
    lstm_batch_cell_backward(access, a, i);
    for (Index row = 0; row < a.rows; ++row) {
      const Index at = row * a.hidden + i;
      T* gates = a.gates + row * width;
      const auto dc = hn::Add(access.load(a.dcell + at), access.load(a.cell + at));
      access.store(
          lstm_gates_backward(access, dc, gates, gates, a.hidden, i, a.previous_cell + row * a.hidden),
          a.dcell + at);
      for (Index column = i; column < width; column += a.hidden) {
        add_to(access, access.load(gates + column), a.dbias + column);
      }
    }
    for (Index column = i; column < width; column += a.hidden) {
      const auto from_gates = [&](Index row) HWY_ATTR { return access.load(a.gates + row * width + column); };
      normalize_columns_backward(access, from_gates, a.rows, width, column, a.input_norm, a.gain_ih, a.input,
                                 a.dgain_ih);
      normalize_columns_backward(access, from_gates, a.rows, width, column, a.recurrent_norm, a.gain_hh,
                                 a.recurrent, a.dgain_hh);
    }
  });
}

NORMLAB_TARGET_KERNEL(lstm_batch_forward, LstmBatchForward)
NORMLAB_TARGET_KERNEL(lstm_batch_backward, LstmBatchBackward)

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace normlab {
NORMLAB_EXPORT_KERNEL(lstm_batch_forward, LstmBatchForward)
NORMLAB_EXPORT_KERNEL(lstm_batch_backward, LstmBatchBackward)
}  // namespace normlab
#endif
