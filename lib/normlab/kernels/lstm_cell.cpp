#include "normlab/kernels/lstm_cell.h"

#include "normlab/kernels/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "normlab/kernels/lstm_cell.cpp"
#include <hwy/foreach_target.h>

#include "normlab/kernels/lstm_cell-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

template <class T>
void lstm_forward_plain(const LstmForward<T>& a) {
  const hn::ScalableTag<T> d;
  for (Index row = 0; row < a.rows; ++row) {
    T* gates = a.gates + row * 4 * a.hidden;
    const Index first = row * a.hidden;
    for_each_vector(d, a.hidden, [&](auto access, Index i) HWY_ATTR {
      const auto summed = [&](Index gate) HWY_ATTR {
        const Index at = gate * a.hidden + i;
        return hn::Add(access.load(gates + at), access.load(a.bias + at));
      };
      const auto c = lstm_gates(access, summed, gates, a.hidden, i, a.previous_cell + first);
      const auto t = hn::Tanh(d, c);
      access.store(c, a.cell + first + i);
      access.store(t, a.tanh_cell + first + i);
      access.store(hn::Mul(access.load(gates + 3 * a.hidden + i), t), a.hidden_state + first + i);
    });
  }
}

template <RowNorm norm, class T>
void lstm_forward_normalized(const LstmForward<T>& a) {
  const hn::ScalableTag<T> d;
  const Index width = 4 * a.hidden;
  for (Index row = 0; row < a.rows; ++row) {
    const T* input = a.input + row * width;
    const T* recurrent = a.recurrent + row * width;
    T* gates = a.gates + row * width;
    const Index first = row * a.hidden;
    T* cell = a.cell + first;
    const auto input_scaling = a.input_scaling[row] = row_scaling<norm>(input, width, a.epsilon);
    const auto recurrent_scaling = a.recurrent_scaling[row] = row_scaling<norm>(recurrent, width, a.epsilon);
    for_each_vector(d, a.hidden, [&](auto access, Index i) HWY_ATTR {
      const auto summed = [&](Index gate) HWY_ATTR {
        const Index at = gate * a.hidden + i;
        const auto from_recurrent = hn::MulAdd(normalized<norm>(access, recurrent_scaling, recurrent + at),
                                               access.load(a.gain_hh + at), access.load(a.bias + at));
        return hn::MulAdd(normalized<norm>(access, input_scaling, input + at), access.load(a.gain_ih + at),
                          from_recurrent);
      };
      access.store(lstm_gates(access, summed, gates, a.hidden, i, a.previous_cell + first), cell + i);
    });
    const auto cell_scaling = a.cell_scaling[row] = row_scaling<norm>(cell, a.hidden, a.epsilon);
    for_each_vector(d, a.hidden, [&](auto access, Index i) HWY_ATTR {
      auto z = hn::Mul(normalized<norm>(access, cell_scaling, cell + i), access.load(a.gain_cell + i));
      if constexpr (norm == RowNorm::layer) z = hn::Add(z, access.load(a.bias_cell + i));
      const auto t = hn::Tanh(d, z);
      access.store(t, a.tanh_cell + first + i);
      access.store(hn::Mul(access.load(gates + 3 * a.hidden + i), t), a.hidden_state + first + i);
    });
  }
}

template <class T>
void lstm_backward_plain(const LstmBackward<T>& a) {
  const hn::ScalableTag<T> d;
  for (Index row = 0; row < a.rows; ++row) {
    T* gates = a.gates + row * 4 * a.hidden;
    const Index first = row * a.hidden;
    for_each_vector(d, a.hidden, [&](auto access, Index i) HWY_ATTR {
      T* dcell = a.dcell + first + i;
      T* output_gate = gates + 3 * a.hidden + i;
      const auto through_output = lstm_output_backward(access, a.dhidden + first + i, a.tanh_cell + first + i,
                                                       output_gate, output_gate);
      const auto dc = hn::Add(access.load(dcell), through_output);
      access.store(lstm_gates_backward(access, dc, gates, gates, a.hidden, i, a.previous_cell + first),
                   dcell);
      for (Index at = i; at < 4 * a.hidden; at += a.hidden) {
        add_to(access, access.load(gates + at), a.dbias + at);
      }
    });
  }
}

// In the work row: dgates, the gradients of the summed inputs; dtanh, that of tanh's argument; dcell_norm,
// that of c through its normalization.
template <RowNorm norm, class T>
void lstm_backward_normalized(const LstmBackward<T>& a) {
  const hn::ScalableTag<T> d;
  const Index width = 4 * a.hidden;
  T* dgates = a.work;
  T* dtanh = dgates + width;
  T* dcell_norm = dtanh + a.hidden;
  const auto from_tanh = [&](auto access, Index i) HWY_ATTR { return access.load(dtanh + i); };
  for (Index row = 0; row < a.rows; ++row) {
    const T* gates = a.gates + row * width;
    const Index first = row * a.hidden;
    for_each_vector(d, a.hidden, [&](auto access, Index i) HWY_ATTR {
      const Index o = 3 * a.hidden + i;
      const auto g =
          lstm_output_backward(access, a.dhidden + first + i, a.tanh_cell + first + i, gates + o, dgates + o);
      access.store(g, dtanh + i);
      if constexpr (norm == RowNorm::layer) add_to(access, g, a.dbias_cell + i);
    });
    normalize_row_backward<norm>(from_tanh, a.cell_scaling[row], a.gain_cell, a.cell + first, dcell_norm,
                                 a.dgain_cell, a.hidden);
    for_each_vector(d, a.hidden, [&](auto access, Index i) HWY_ATTR {
      T* dcell = a.dcell + first + i;
      const auto dc = hn::Add(access.load(dcell), access.load(dcell_norm + i));
      access.store(lstm_gates_backward(access, dc, gates, dgates, a.hidden, i, a.previous_cell + first),
                   dcell);
      for (Index at = i; at < width; at += a.hidden) {
        add_to(access, access.load(dgates + at), a.dbias + at);
      }
    });
    normalize_two_rows_backward<norm, T>(
        {dgates, a.input_scaling[row], a.gain_ih, a.input + row * width, a.dgain_ih},
        {dgates, a.recurrent_scaling[row], a.gain_hh, a.recurrent + row * width, a.dgain_hh}, width);
  }
}

template <class T>
void lstm_forward(const LstmForward<T>& a) {
  if (a.norm == RowNorm::none) lstm_forward_plain(a);
  if (a.norm == RowNorm::layer) lstm_forward_normalized<RowNorm::layer>(a);
  if (a.norm == RowNorm::rms) lstm_forward_normalized<RowNorm::rms>(a);
}

template <class T>
void lstm_backward(const LstmBackward<T>& a) {
  if (a.norm == RowNorm::none) lstm_backward_plain(a);
  if (a.norm == RowNorm::layer) lstm_backward_normalized<RowNorm::layer>(a);
  if (a.norm == RowNorm::rms) lstm_backward_normalized<RowNorm::rms>(a);
}

NORMLAB_TARGET_KERNEL(lstm_forward, LstmForward)
NORMLAB_TARGET_KERNEL(lstm_backward, LstmBackward)

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace normlab {
NORMLAB_EXPORT_KERNEL(lstm_forward, LstmForward)
NORMLAB_EXPORT_KERNEL(lstm_backward, LstmBackward)
}  // namespace normlab
#endif
