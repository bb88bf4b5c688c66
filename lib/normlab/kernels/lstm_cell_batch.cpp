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
  for_each_vector(d, a.end - a.begin, [&](auto access, Index offset) NORMLAB_INLINE_LAMBDA {
    const Index i = a.begin + offset;
    for (Index column = i; column < width; column += a.hidden) {
      scale_columns(access, a.input, a.rows, width, column, a.input_norm, a.settings);
      scale_columns(access, a.recurrent, a.rows, width, column, a.recurrent_norm, a.settings);
    }
    for (Index row = 0; row < a.rows; ++row) {
      const auto summed = [&](Index gate) NORMLAB_INLINE_LAMBDA {
        const Index column = gate * a.hidden + i;
        const Index at = row * width + column;
        const auto from_recurrent = hn::MulAdd(normalized(access, a.recurrent_norm, column, a.recurrent + at),
                                               access.load(a.gain_hh + column), access.load(a.bias + column));
        return hn::MulAdd(normalized(access, a.input_norm, column, a.input + at),
                          access.load(a.gain_ih + column), from_recurrent);
      };
      const auto keep = [&](int gate, auto v) NORMLAB_INLINE_LAMBDA {
        access.store(v, a.gates + row * width + gate * a.hidden + i);
      };
      const auto c = lstm_gates(access, summed, keep, i, a.previous_cell + row * a.hidden);
      access.store(c, a.cell + row * a.hidden + i);
    }
    scale_columns(access, a.cell, a.rows, a.hidden, i, a.cell_norm, a.settings);
    for (Index row = 0; row < a.rows; ++row) {
      const Index at = row * a.hidden + i;
      const auto normal = normalized(access, a.cell_norm, i, a.cell + at);
      const auto t = tanh(d, hn::MulAdd(normal, access.load(a.gain_cell + i), access.load(a.bias_cell + i)));
      access.store(t, a.tanh_cell + at);
      const auto output_gate = access.load(a.gates + row * width + 3 * a.hidden + i);
      access.store(hn::Mul(output_gate, t), a.hidden_state + at);
    }
  });
}

// The gradients of o's summed input into dinput, and those of the cell state: tanh_cell receives that of
// tanh's argument, cell that of c through h.
template <class T, class Access>
HWY_INLINE void lstm_batch_cell_backward(Access access, const LstmBatchBackward<T>& a, Index i) {
  auto dbias = access.load(a.dbias_cell + i);
  for (Index row = 0; row < a.rows; ++row) {
    const Index at = row * a.hidden + i;
    const Index output_gate = (row * 4 + 3) * a.hidden + i;
    const auto emit = [&](int, auto da) NORMLAB_INLINE_LAMBDA { access.store(da, a.dinput + output_gate); };
    const auto g =
        lstm_output_backward(access, a.dhidden + at, a.tanh_cell + at, a.gates + output_gate, emit);
    access.store(g, a.tanh_cell + at);
    dbias = hn::Add(dbias, g);
  }
  access.store(dbias, a.dbias_cell + i);
  const auto from_tanh = [&](Index row)
                             NORMLAB_INLINE_LAMBDA { return access.load(a.tanh_cell + row * a.hidden + i); };
  normalize_columns_backward(access, from_tanh, a.rows, a.hidden, i, a.cell_norm, a.gain_cell, a.cell, a.cell,
                             a.dgain_cell);
}

template <class T>
void lstm_batch_backward(const LstmBatchBackward<T>& arguments) {
  const hn::ScalableTag<T> d;
  const LstmBatchBackward<T> a = arguments;  // a local, which no store can be taken to change
  const Index width = 4 * a.hidden;
  for_each_vector(d, a.end - a.begin, [&](auto access, Index offset) NORMLAB_INLINE_LAMBDA {
    const Index i = a.begin + offset;
    lstm_batch_cell_backward(access, a, i);
    for (Index row = 0; row < a.rows; ++row) {
      const Index at = row * a.hidden + i;
      T* dgates = a.dinput + row * width + i;
      const auto emit = [&](int gate, auto da)
                            NORMLAB_INLINE_LAMBDA { access.store(da, dgates + gate * a.hidden); };
      const auto dc = hn::Add(access.load(a.dcell + at), access.load(a.cell + at));
      access.store(lstm_gates_backward(access, dc, a.gates + row * width, a.hidden, i,
                                       a.previous_cell + row * a.hidden, emit),
                   a.dcell + at);
    }
    for (Index column = i; column < width; column += a.hidden) {
      const auto dgates = [&](Index row)
                              NORMLAB_INLINE_LAMBDA { return access.load(a.dinput + row * width + column); };
      add_column(access, dgates, a.rows, a.dbias + column);
      normalize_columns_backward(access, dgates, a.rows, width, column, a.recurrent_norm, a.gain_hh,
                                 a.recurrent, a.drecurrent, a.dgain_hh);
      normalize_columns_backward(access, dgates, a.rows, width, column, a.input_norm, a.gain_ih, a.input,
                                 a.dinput, a.dgain_ih);
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
