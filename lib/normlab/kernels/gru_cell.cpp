#include "normlab/kernels/gru_cell.h"

#include "normlab/kernels/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "normlab/kernels/gru_cell.cpp"
#include <hwy/foreach_target.h>

#include "normlab/kernels/gru_cell-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

template <class T>
void gru_forward_plain(const GruForward<T>& a) {
  const hn::ScalableTag<T> d;
  const Index z = a.hidden, n = 2 * a.hidden;
  for (Index row = 0; row < a.rows; ++row) {
    const T* input = a.input + row * 3 * a.hidden;
    const T* recurrent = a.recurrent + row * 3 * a.hidden;
    for_each_vector(d, a.hidden, [&](auto access, Index i) HWY_ATTR {
      const auto biased = [&](Index at)
                              HWY_ATTR { return hn::Add(access.load(input + at), access.load(a.bias + at)); };
      const auto sum_r = hn::Add(biased(i), access.load(recurrent + i));
      const auto sum_z = hn::Add(biased(z + i), access.load(recurrent + z + i));
      const auto candidate_recurrent = hn::Add(access.load(recurrent + n + i), access.load(a.bias_hn + i));
      const auto h = gru_gates(access, sum_r, sum_z, biased(n + i), candidate_recurrent,
                               a.gates + row * 3 * a.hidden, a.hidden, i, a.previous_hidden + row * a.hidden);
      access.store(h, a.hidden_state + row * a.hidden + i);
    });
  }
}

template <RowNorm norm, class T>
void gru_forward_normalized(const GruForward<T>& a) {
  const hn::ScalableTag<T> d;
  const Index z = a.hidden, n = 2 * a.hidden;
  for (Index row = 0; row < a.rows; ++row) {
    const T* input = a.input + row * 3 * a.hidden;
    const T* recurrent = a.recurrent + row * 3 * a.hidden;
    T* gates = a.gates + row * 4 * a.hidden;
    const GruRowScaling<T> s{row_scaling<norm>(input, n, a.epsilon),
                             row_scaling<norm>(recurrent, n, a.epsilon),
                             row_scaling<norm>(input + n, a.hidden, a.epsilon),
                             row_scaling<norm>(recurrent + n, a.hidden, a.epsilon)};
    a.scaling[row] = s;
    for_each_vector(d, a.hidden, [&](auto access, Index i) HWY_ATTR {
      const auto from_input = [&](const RowScaling<T>& scaling, Index at) HWY_ATTR {
        return hn::MulAdd(normalized<norm>(access, scaling, input + at), access.load(a.gain_ih + at),
                          access.load(a.bias + at));
      };
      const auto add_recurrent = [&](const RowScaling<T>& scaling, Index at, auto sum) HWY_ATTR {
        return hn::MulAdd(normalized<norm>(access, scaling, recurrent + at), access.load(a.gain_hh + at),
                          sum);
      };
      const auto sum_r = add_recurrent(s.recurrent_gates, i, from_input(s.input_gates, i));
      const auto sum_z = add_recurrent(s.recurrent_gates, z + i, from_input(s.input_gates, z + i));
      const auto candidate = from_input(s.input_candidate, n + i);
      const auto candidate_recurrent =
          add_recurrent(s.recurrent_candidate, n + i, access.load(a.bias_hn + i));
      const auto h = gru_gates(access, sum_r, sum_z, candidate, candidate_recurrent, gates, a.hidden, i,
                               a.previous_hidden + row * a.hidden);
      access.store(candidate_recurrent, gates + 3 * a.hidden + i);
      access.store(h, a.hidden_state + row * a.hidden + i);
    });
  }
}

template <class T>
T* row_or_null(T* p, Index offset) {
  return p == nullptr ? nullptr : p + offset;
}

template <class T>
void gru_backward_plain(const GruBackward<T>& a) {
  const hn::ScalableTag<T> d;
  const Index n = 2 * a.hidden;
  for (Index row = 0; row < a.rows; ++row) {
    T* gates = a.gates + row * 3 * a.hidden;
    T* recurrent = a.recurrent + row * 3 * a.hidden;
    const Index first = row * a.hidden;
    T* dprevious_hidden = row_or_null(a.dprevious_hidden, first);
    for_each_vector(d, a.hidden, [&](auto access, Index i) HWY_ATTR {
      const auto candidate_recurrent = hn::Add(access.load(recurrent + n + i), access.load(a.bias_hn + i));
      const auto dcandidate_recurrent =
          gru_gates_backward(access, candidate_recurrent, gates, a.hidden, i, a.dhidden + first,
                             a.previous_hidden + first, dprevious_hidden);
      access.store(dcandidate_recurrent, recurrent + n + i);
      add_to(access, dcandidate_recurrent, a.dbias_hn + i);
      for (Index at = i; at < n; at += a.hidden) access.store(access.load(gates + at), recurrent + at);
      for (Index at = i; at < 3 * a.hidden; at += a.hidden) {
        add_to(access, access.load(gates + at), a.dbias + at);
      }
    });
  }
}

template <RowNorm norm, class T>
void gru_backward_normalized(const GruBackward<T>& a) {
  const hn::ScalableTag<T> d;
  const Index n = 2 * a.hidden;
  for (Index row = 0; row < a.rows; ++row) {
    T* gates = a.gates + row * 4 * a.hidden;
    T* input = a.input + row * 3 * a.hidden;
    T* recurrent = a.recurrent + row * 3 * a.hidden;
    const Index first = row * a.hidden;
    T* dprevious_hidden = row_or_null(a.dprevious_hidden, first);
    T* candidate_recurrent = gates + 3 * a.hidden;
    for_each_vector(d, a.hidden, [&](auto access, Index i) HWY_ATTR {
      const auto dcandidate_recurrent =
          gru_gates_backward(access, access.load(candidate_recurrent + i), gates, a.hidden, i,
                             a.dhidden + first, a.previous_hidden + first, dprevious_hidden);
      access.store(dcandidate_recurrent, candidate_recurrent + i);
      add_to(access, dcandidate_recurrent, a.dbias_hn + i);
      for (Index at = i; at < 3 * a.hidden; at += a.hidden) {
        add_to(access, access.load(gates + at), a.dbias + at);
      }
    });
    const GruRowScaling<T>& s = a.scaling[row];
    normalize_two_rows_backward<norm, T>({gates, s.input_gates, a.gain_ih, input, a.dgain_ih},
                                         {gates, s.recurrent_gates, a.gain_hh, recurrent, a.dgain_hh}, n);
    normalize_two_rows_backward<norm, T>(
        {gates + n, s.input_candidate, a.gain_ih + n, input + n, a.dgain_ih + n},
        {candidate_recurrent, s.recurrent_candidate, a.gain_hh + n, recurrent + n, a.dgain_hh + n}, a.hidden);
  }
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
