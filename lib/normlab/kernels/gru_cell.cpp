#include "normlab/kernels/gru_cell.h"

#include "normlab/kernels/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "normlab/kernels/gru_cell.cpp"
#include <hwy/foreach_target.h>

#include "normlab/kernels/gru_cell-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

template <class T>
void gru_forward_plain(const GruForward<T>& arguments) {
  const hn::ScalableTag<T> d;
  const GruForward<T> a = arguments;  // a local, which no store can be taken to change
  const Index z = a.hidden, n = 2 * a.hidden;
  for (Index row = 0; row < a.rows; ++row) {
    const T* input = a.input + row * 3 * a.hidden;
    const T* recurrent = a.recurrent + row * 3 * a.hidden;
    for_each_vector(d, a.hidden, [&](auto access, Index i) NORMLAB_INLINE_LAMBDA {
      const auto biased = [&](Index at) NORMLAB_INLINE_LAMBDA {
        return hn::Add(access.load(input + at), access.load(a.bias + at));
      };
      const auto sum_r = hn::Add(biased(i), access.load(recurrent + i));
      const auto sum_z = hn::Add(biased(z + i), access.load(recurrent + z + i));
      const auto candidate_recurrent = hn::Add(access.load(recurrent + n + i), access.load(a.bias_hn + i));
      const auto h = gru_gates(access, sum_r, sum_z, biased(n + i), candidate_recurrent,
                               a.gates + row * 3 * a.hidden, a.hidden, i, a.previous_hidden + row * a.hidden);
      access.store(h, a.hidden_state + row * a.hidden + i);
    });
  }
}

// h of one row from the scalings of its summed inputs.
template <RowNorm norm, class T>
HWY_INLINE void gru_normalized_row(const GruForward<T>& a, Index row) {
  const hn::ScalableTag<T> d;
  const Index z = a.hidden, n = 2 * a.hidden;
  T* input = a.input + row * 3 * a.hidden;
  T* recurrent = a.recurrent + row * 3 * a.hidden;
  T* gates = a.gates + row * 4 * a.hidden;
  const GruRowScaling<T> s = a.scaling[row];
  for_each_vector(d, a.hidden, [&](auto access, Index i) NORMLAB_INLINE_LAMBDA {
    const auto from_input = [&](const RowScaling<T>& scaling, Index at) NORMLAB_INLINE_LAMBDA {
      return hn::MulAdd(normalize_in_place<norm>(access, scaling, input + at), access.load(a.gain_ih + at),
                        access.load(a.bias + at));
    };
    const auto add_recurrent = [&](const RowScaling<T>& scaling, Index at, auto sum) NORMLAB_INLINE_LAMBDA {
      return hn::MulAdd(normalize_in_place<norm>(access, scaling, recurrent + at),
                        access.load(a.gain_hh + at), sum);
    };
    const auto sum_r = add_recurrent(s.recurrent_gates, i, from_input(s.input_gates, i));
    const auto sum_z = add_recurrent(s.recurrent_gates, z + i, from_input(s.input_gates, z + i));
    const auto candidate = from_input(s.input_candidate, n + i);
    const auto candidate_recurrent = add_recurrent(s.recurrent_candidate, n + i, access.load(a.bias_hn + i));
    const auto h = gru_gates(access, sum_r, sum_z, candidate, candidate_recurrent, gates, a.hidden, i,
                             a.previous_hidden + row * a.hidden);
    access.store(candidate_recurrent, gates + 3 * a.hidden + i);
    access.store(h, a.hidden_state + row * a.hidden + i);
  });
}

template <RowNorm norm, class T>
void gru_forward_normalized(const GruForward<T>& arguments) {
  constexpr Index scaling_stride = sizeof(GruRowScaling<T>) / sizeof(RowScaling<T>);
  const GruForward<T> a = arguments;
  const Index n = 2 * a.hidden, width = 3 * a.hidden;
  for_row_blocks(a.rows, [&](auto count, Index row) NORMLAB_INLINE_LAMBDA {
    const T* input = a.input + row * width;
    const T* recurrent = a.recurrent + row * width;
    GruRowScaling<T>& s = a.scaling[row];
    scale_sides<norm, count.value>(input, recurrent, n, width, a.epsilon, &s.input_gates, &s.recurrent_gates,
                                   scaling_stride);
    scale_sides<norm, count.value>(input + n, recurrent + n, a.hidden, width, a.epsilon, &s.input_candidate,
                                   &s.recurrent_candidate, scaling_stride);
    for (int r = 0; r < count.value; ++r) gru_normalized_row<norm>(a, row + r);
  });
}

template <int count, class T>
HWY_INLINE void gru_backward_plain_rows(const GruBackward<T>& a, Index row) {
  const hn::ScalableTag<T> d;
  const Index n = 2 * a.hidden;
  for_each_vector(d, a.hidden, [&](auto access, Index i) NORMLAB_INLINE_LAMBDA {
    const auto bias_hn = access.load(a.bias_hn + i);
    auto dbias_hn = access.load(a.dbias_hn + i);
    auto dbias_r = access.load(a.dbias + i), dbias_z = access.load(a.dbias + a.hidden + i),
         dbias_n = access.load(a.dbias + n + i);
    for (int r = 0; r < count; ++r) {
      const Index first = (row + r) * a.hidden;
      T* dinput = a.dinput + 3 * first;
      T* drecurrent = a.drecurrent + 3 * first;
      const auto candidate_recurrent = hn::Add(access.load(a.recurrent + 3 * first + n + i), bias_hn);
      const auto dcandidate_recurrent = gru_gates_backward(
          access, candidate_recurrent, a.gates + 3 * first, dinput, a.hidden, i, a.dhidden + first,
          a.previous_hidden + first, row_or_null(a.dprevious_hidden, first));
      const auto dsum_r = access.load(dinput + i), dsum_z = access.load(dinput + a.hidden + i);
      access.store(dsum_r, drecurrent + i);
      access.store(dsum_z, drecurrent + a.hidden + i);
      access.store(dcandidate_recurrent, drecurrent + n + i);
      dbias_r = hn::Add(dbias_r, dsum_r);
      dbias_z = hn::Add(dbias_z, dsum_z);
      dbias_n = hn::Add(dbias_n, access.load(dinput + n + i));
      dbias_hn = hn::Add(dbias_hn, dcandidate_recurrent);
    }
    access.store(dbias_r, a.dbias + i);
    access.store(dbias_z, a.dbias + a.hidden + i);
    access.store(dbias_n, a.dbias + n + i);
    access.store(dbias_hn, a.dbias_hn + i);
  });
}

template <class T>
void gru_backward_plain(const GruBackward<T>& arguments) {
  const GruBackward<T> a = arguments;
  for_row_blocks(a.rows, [&](auto count, Index row)
                             NORMLAB_INLINE_LAMBDA { gru_backward_plain_rows<count.value>(a, row); });
}

// The gradients of the summed inputs of one row: those of r, z and n into dinput, that of the part of n that
// comes from h' into drecurrent.
template <class T>
HWY_INLINE void gru_row_backward(const GruBackward<T>& a, Index row, Index ahead) {
  const hn::ScalableTag<T> d;
  const Index first = row * a.hidden;
  const T* gates = a.gates + 4 * first;
  T* dprevious_hidden = row_or_null(a.dprevious_hidden, first);
  for_each_vector(d, a.hidden, [&](auto access, Index i) NORMLAB_INLINE_LAMBDA {
    for (int gate = 0; gate < 4; ++gate) hwy::Prefetch(gates + (4 * ahead + gate) * a.hidden + i);
    const auto dcandidate_recurrent =
        gru_gates_backward(access, access.load(gates + 3 * a.hidden + i), gates, a.dinput + 3 * first,
                           a.hidden, i, a.dhidden + first, a.previous_hidden + first, dprevious_hidden);
    access.store(dcandidate_recurrent, a.drecurrent + 3 * first + 2 * a.hidden + i);
  });
}

template <RowNorm norm, class T>
void gru_backward_normalized(const GruBackward<T>& arguments) {
  constexpr Index scaling_stride = sizeof(GruRowScaling<T>) / sizeof(RowScaling<T>);
  const GruBackward<T> a = arguments;
  const Index n = 2 * a.hidden, width = 3 * a.hidden;
  for_row_blocks(a.rows, [&](auto count, Index row) NORMLAB_INLINE_LAMBDA {
    const Index at = row * width, ahead = rows_ahead(row, count.value, a.rows);
    for (int r = 0; r < count.value; ++r) gru_row_backward(a, row + r, ahead);
    const GruRowScaling<T>& s = a.scaling[row];
    T* dinput = a.dinput + at;
    T* drecurrent = a.drecurrent + at;
    normalize_sides_backward<norm, count.value, true, T>(
        {dinput, a.input + at, dinput, a.gain_ih, a.dgain_ih, a.dbias, width, &s.input_gates, scaling_stride,
         ahead},
        {dinput, a.recurrent + at, drecurrent, a.gain_hh, a.dgain_hh, a.dbias, width, &s.recurrent_gates,
         scaling_stride, ahead},
        n);
    normalize_sides_backward<norm, count.value, false, T>(
        {dinput + n, a.input + at + n, dinput + n, a.gain_ih + n, a.dgain_ih + n, a.dbias + n, width,
         &s.input_candidate, scaling_stride, ahead},
        {drecurrent + n, a.recurrent + at + n, drecurrent + n, a.gain_hh + n, a.dgain_hh + n, a.dbias_hn,
         width, &s.recurrent_candidate, scaling_stride, ahead},
        a.hidden);
  });
}

template <class T>
void gru_forward(const GruForward<T>& a) {
  if (a.norm == RowNorm::none) gru_forward_plain(a);
  if (a.norm == RowNorm::layer) gru_forward_normalized<RowNorm::layer>(a);
  if (a.norm == RowNorm::rms) gru_forward_normalized<RowNorm::rms>(a);
}

template <class T>
void gru_backward(const GruBackward<T>& a) {
  if (a.norm == RowNorm::none) gru_backward_plain(a);
  if (a.norm == RowNorm::layer) gru_backward_normalized<RowNorm::layer>(a);
  if (a.norm == RowNorm::rms) gru_backward_normalized<RowNorm::rms>(a);
}

NORMLAB_TARGET_KERNEL(gru_forward, GruForward)
NORMLAB_TARGET_KERNEL(gru_backward, GruBackward)

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace normlab {
NORMLAB_EXPORT_KERNEL(gru_forward, GruForward)
NORMLAB_EXPORT_KERNEL(gru_backward, GruBackward)
}  // namespace normlab
#endif
