#include "normlab/kernels/lstm_cell.h"

#include "normlab/kernels/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "normlab/kernels/lstm_cell.cpp"
#include <hwy/foreach_target.h>

#include <hwy/cache_control.h>

#include <cstdint>

#include "normlab/kernels/lstm_cell-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

template <class T>
void lstm_forward_plain(const LstmForward<T>& arguments) {
  const hn::ScalableTag<T> d;
  const LstmForward<T> a = arguments;  // a local, which no store can be taken to change
  for (Index row = 0; row < a.rows; ++row) {
    T* gates = a.gates + row * 4 * a.hidden;
    const Index first = row * a.hidden;
    for_each_vector(d, a.hidden, [&](auto access, Index i) NORMLAB_INLINE_LAMBDA {
      const auto summed = [&](Index gate) NORMLAB_INLINE_LAMBDA {
        const Index at = gate * a.hidden + i;
        return hn::Add(access.load(gates + at), access.load(a.bias + at));
      };
      const auto keep = [&](int gate, auto v)
                            NORMLAB_INLINE_LAMBDA { access.store(v, gates + gate * a.hidden + i); };
      const auto c = lstm_gates(access, summed, keep, i, a.previous_cell + first);
      const auto t = tanh(d, c);
      access.store(c, a.cell + first + i);
      access.store(t, a.tanh_cell + first + i);
      access.store(hn::Mul(access.load(gates + 3 * a.hidden + i), t), a.hidden_state + first + i);
    });
  }
}

// Whether the rows of `a` consist of whole aligned vectors, as streaming needs.
template <class T>
HWY_INLINE bool can_stream(const LstmForward<T>& a) {
  const std::uintptr_t lanes = hn::Lanes(hn::ScalableTag<T>()), vector = lanes * sizeof(T);
  const auto aligned = [&](const T* p) { return reinterpret_cast<std::uintptr_t>(p) % vector == 0; };
  return static_cast<std::uintptr_t>(a.hidden) % lanes == 0 && aligned(a.gates) && aligned(a.tanh_cell);
}

template <class Access, class V, class T>
HWY_INLINE void store_kept(bool streaming, Access access, V v, T* p) {
  if (streaming) {
    hn::Stream(v, access.d, p);
  } else {
    access.store(v, p);
  }
}

// The gates and c of one row from the scalings of its summed inputs. o, soon needed again, is also put where
// h will be.
template <RowNorm norm, class T>
HWY_INLINE void lstm_normalized_gates(const LstmForward<T>& a, Index row) {
  const hn::ScalableTag<T> d;
  T* input = a.input + row * 4 * a.hidden;
  T* recurrent = a.recurrent + row * 4 * a.hidden;
  const auto input_scaling = a.input_scaling[row], recurrent_scaling = a.recurrent_scaling[row];
  for_each_vector(d, a.hidden, [&](auto access, Index i) NORMLAB_INLINE_LAMBDA {
    const auto summed = [&](Index gate) NORMLAB_INLINE_LAMBDA {
      const Index at = gate * a.hidden + i;
      const auto from_recurrent =
          hn::MulAdd(normalize_in_place<norm>(access, recurrent_scaling, recurrent + at),
                     access.load(a.gain_hh + at), access.load(a.bias + at));
      return hn::MulAdd(normalize_in_place<norm>(access, input_scaling, input + at),
                        access.load(a.gain_ih + at), from_recurrent);
    };
    const auto keep = [&](int gate, auto v) NORMLAB_INLINE_LAMBDA {
      store_kept(a.streaming, access, v, a.gates + (4 * row + gate) * a.hidden + i);
      if (gate == 3) access.store(v, a.hidden_state + row * a.hidden + i);
    };
    const auto c = lstm_gates(access, summed, keep, i, a.previous_cell + row * a.hidden);
    access.store(c, a.cell + row * a.hidden + i);
  });
}

// h of one row from the scaling of its c, and o where h will be.
template <RowNorm norm, class T>
HWY_INLINE void lstm_normalized_output(const LstmForward<T>& a, Index row) {
  const hn::ScalableTag<T> d;
  const Index first = row * a.hidden;
  const auto scaling = a.cell_scaling[row];
  for_each_vector(d, a.hidden, [&](auto access, Index i) NORMLAB_INLINE_LAMBDA {
    auto z = hn::Mul(normalized<norm>(access, scaling, a.cell + first + i), access.load(a.gain_cell + i));
    if constexpr (norm == RowNorm::layer) z = hn::Add(z, access.load(a.bias_cell + i));
    const auto t = tanh(d, z);
    store_kept(a.streaming, access, t, a.tanh_cell + first + i);
    access.store(hn::Mul(access.load(a.hidden_state + first + i), t), a.hidden_state + first + i);
  });
}

template <RowNorm norm, class T>
void lstm_forward_normalized(const LstmForward<T>& arguments) {
  LstmForward<T> a = arguments;
  a.streaming = a.streaming && can_stream(a);
  for_row_blocks(a.rows, [&](auto count, Index row) NORMLAB_INLINE_LAMBDA {
    scale_sides<norm, count.value>(a.input + row * 4 * a.hidden, a.recurrent + row * 4 * a.hidden,
                                   4 * a.hidden, 4 * a.hidden, a.epsilon, a.input_scaling + row,
                                   a.recurrent_scaling + row, 1);
    for (int r = 0; r < count.value; ++r) lstm_normalized_gates<norm>(a, row + r);
    scale_rows<norm, count.value>(a.cell + row * a.hidden, a.hidden, a.epsilon, a.cell_scaling + row);
    for (int r = 0; r < count.value; ++r) lstm_normalized_output<norm>(a, row + r);
  });
  if (a.streaming) hwy::FlushStream();
}

template <int count, class T>
HWY_INLINE void lstm_backward_plain_rows(const LstmBackward<T>& a, Index row) {
  const hn::ScalableTag<T> d;
  for_each_vector(d, a.hidden, [&](auto access, Index i) NORMLAB_INLINE_LAMBDA {
    T* dbias = a.dbias + i;
    hn::Vec<hn::ScalableTag<T>> sums[4];
    for (int gate = 0; gate < 4; ++gate) sums[gate] = access.load(dbias + gate * a.hidden);
    for (int r = 0; r < count; ++r) {
      const Index first = (row + r) * a.hidden;
      const T* gates = a.gates + 4 * first;
      const auto emit = [&](int gate, auto da) NORMLAB_INLINE_LAMBDA {
        access.store(da, a.dinput + 4 * first + gate * a.hidden + i);
        sums[gate] = hn::Add(sums[gate], da);
      };
      const auto through_output = lstm_output_backward(access, a.dhidden + first + i, a.tanh_cell + first + i,
                                                       gates + 3 * a.hidden + i, emit);
      const auto dc = hn::Add(access.load(a.dcell + first + i), through_output);
      access.store(lstm_gates_backward(access, dc, gates, a.hidden, i, a.previous_cell + first, emit),
                   a.dcell + first + i);
    }
    for (int gate = 0; gate < 4; ++gate) access.store(sums[gate], dbias + gate * a.hidden);
  });
}

template <class T>
void lstm_backward_plain(const LstmBackward<T>& arguments) {
  const LstmBackward<T> a = arguments;
  for_row_blocks(a.rows, [&](auto count, Index row)
                             NORMLAB_INLINE_LAMBDA { lstm_backward_plain_rows<count.value>(a, row); });
}

// Asks for the part of a row at i that forward kept, except for its summed inputs.
template <class T>
HWY_INLINE void prefetch_kept(const LstmBackward<T>& a, Index row, Index i) {
  for (int gate = 0; gate < 4; ++gate) hwy::Prefetch(a.gates + (4 * row + gate) * a.hidden + i);
  hwy::Prefetch(a.cell + row * a.hidden + i);
  hwy::Prefetch(a.tanh_cell + row * a.hidden + i);
  hwy::Prefetch(a.previous_cell + row * a.hidden + i);
}

// From dL/dh to dinput, which receives the gradients of the gates' summed inputs, and dL/dc'. In between, the
// gradients of tanh's argument lie in drecurrent, which is free until then.
template <RowNorm norm, int count, class T>
HWY_INLINE void lstm_cell_backward(const LstmBackward<T>& a, Index row, Index ahead) {
  const hn::ScalableTag<T> d;
  RowGradientMeans<norm, count, T> means;
  const auto emit_to = [&](auto access, Index at) NORMLAB_INLINE_LAMBDA {
    return [=](int gate, auto da)
               NORMLAB_INLINE_LAMBDA { access.store(da, a.dinput + at + gate * a.hidden); };
  };
  for_each_vector(d, a.hidden, [&](auto access, Index i) NORMLAB_INLINE_LAMBDA {
    const auto gain = access.load(a.gain_cell + i);
    auto dgain = access.load(a.dgain_cell + i), dbias = access.load(a.dbias_cell + i);
    for (int r = 0; r < count; ++r) {
      const Index at = (row + r) * a.hidden + i, wide = 4 * (row + r) * a.hidden + i;
      const auto g = lstm_output_backward(access, a.dhidden + at, a.tanh_cell + at,
                                          a.gates + wide + 3 * a.hidden, emit_to(access, wide));
      const auto normal = normalized<norm>(access, a.cell_scaling[row + r], a.cell + at);
      means.add(r, hn::Mul(g, gain), access.keep(normal));
      dgain = hn::MulAdd(g, normal, dgain);
      dbias = hn::Add(dbias, g);
      access.store(g, a.drecurrent + wide);
    }
    access.store(dgain, a.dgain_cell + i);
    access.store(dbias, a.dbias_cell + i);
  });
  means.finish(a.hidden);
  for_each_vector(d, a.hidden, [&](auto access, Index i) NORMLAB_INLINE_LAMBDA {
    const auto gain = access.load(a.gain_cell + i);
    for (int r = 0; r < count; ++r) {
      const Index first = (row + r) * a.hidden, wide = 4 * first + i;
      prefetch_kept(a, row + r + ahead, i);
      const auto normal = normalized<norm>(access, a.cell_scaling[row + r], a.cell + first + i);
      const auto reciprocal = hn::Set(d, a.cell_scaling[row + r].reciprocal);
      const auto through_norm = means.dx(r, access.load(a.drecurrent + wide), gain, normal, reciprocal);
      const auto dc = hn::Add(access.load(a.dcell + first + i), through_norm);
      access.store(lstm_gates_backward(access, dc, a.gates + 4 * first, a.hidden, i, a.previous_cell + first,
                                       emit_to(access, wide)),
                   a.dcell + first + i);
    }
  });
}

template <RowNorm norm, class T>
void lstm_backward_normalized(const LstmBackward<T>& arguments) {
  const LstmBackward<T> a = arguments;
  const Index width = 4 * a.hidden;
  for_row_blocks(a.rows, [&](auto count, Index row) NORMLAB_INLINE_LAMBDA {
    const Index ahead = rows_ahead(row, count.value, a.rows);
    lstm_cell_backward<norm, count.value>(a, row, ahead);
    const Index at = row * width;
    T* dgates = a.dinput + at;
    normalize_sides_backward<norm, count.value, true, T>(
        {dgates, a.input + at, dgates, a.gain_ih, a.dgain_ih, a.dbias, width, a.input_scaling + row, 1,
         ahead},
        {dgates, a.recurrent + at, a.drecurrent + at, a.gain_hh, a.dgain_hh, a.dbias, width,
         a.recurrent_scaling + row, 1, ahead},
        width);
  });
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
