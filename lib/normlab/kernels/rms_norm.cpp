#include "normlab/kernels/rms_norm.h"

#include <algorithm>
#include <cmath>

#include "normlab/kernels/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "normlab/kernels/rms_norm.cpp"
#include <hwy/foreach_target.h>

#include "normlab/kernels/rows-inl.h"
#include "normlab/kernels/simd-inl.h"
#include "normlab/kernels/statistics-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

template <Activation activation, class T>
void rms_norm_forward_fused(const RmsNormForward<T>& a) {
  const hn::ScalableTag<T> d;
  const Index length = a.positions * a.channels;
  const RowTraffic traffic(a.y, a.samples * a.positions, a.channels);
  for (Index sample = 0; sample < a.samples; ++sample) {
    const T* x = a.x + sample * length;
    T* y = a.y + sample * length;
    const auto squares = sum_terms<T>(d, length, [&](auto access, Index i) HWY_ATTR {
      const auto element = access.load(x + i);
      return hn::Mul(element, element);
    });
    const T square = hn::GetLane(squares) / static_cast<T>(length);
    a.reciprocal_root[sample] = T(1) / std::sqrt(square + a.epsilon);
    const auto reciprocal = hn::Set(d, a.reciprocal_root[sample]);
    for (Index position = 0; position < a.positions; ++position, x += a.channels, y += a.channels) {
      for_each_vector(d, a.channels, [&](auto access, Index i) HWY_ATTR {
        if (traffic.beyond_cache) hwy::Prefetch(x + i + 2 * a.channels);
        const auto normalized = hn::Mul(access.load(x + i), reciprocal);
        const auto z = hn::Mul(normalized, access.load(a.gain + i));
        store_result(traffic, access, activate<activation>(d, z), y + i);
      });
    }
  }
  if (traffic.streaming) hwy::FlushStream();
}

// g = dy f'(z). Only tanh reads y: z is at hand, and its sign is that of relu's output.
template <Activation activation, class T, class Access, class V>
HWY_INLINE V output_gradient(Access access, V normalized, V gain, const T* y, const T* dy) {
  const hn::ScalableTag<T> d;
  const auto z = hn::Mul(normalized, gain);
  auto output = z;
  if constexpr (activation == Activation::tanh) output = access.load(y);
  return activation_gradient<activation>(d, access.load(dy), z, output);
}

// First pass over `rows` rows, whose samples' reciprocal roots are `reciprocal`: adds h n to `sums`, one
// vector a row, and to the gain's gradient.
template <int rows, Activation activation, class T>
HWY_INLINE void add_gradient_sums(const RmsNormBackward<T>& arguments, Index row, const RowTraffic& traffic,
                                  const T* reciprocal, hn::Vec<hn::ScalableTag<T>>* sums) {
  const hn::ScalableTag<T> d;
  const RmsNormBackward<T> a = arguments;  // a copy, which stores through its pointers cannot change
  hn::Vec<hn::ScalableTag<T>> sum[rows], root[rows];
  for (int r = 0; r < rows; ++r) {
    sum[r] = sums[r];
    root[r] = hn::Set(d, reciprocal[r]);
  }
  for_each_vector(d, a.channels, [&](auto access, Index i) HWY_ATTR {
    const auto gain = access.load(a.gain + i);
    auto dgain = access.load(a.dgain + i);
    for (int r = 0; r < rows; ++r) {
      const Index at = (row + r) * a.channels + i;
      if (traffic.beyond_cache) {
        hwy::Prefetch(a.x + at + a.channels);
        hwy::Prefetch(a.dy + at + a.channels);
      }
      const auto normalized = hn::Mul(access.load(a.x + at), root[r]);
      const auto g = output_gradient<activation>(access, normalized, gain, a.y + at, a.dy + at);
      const auto product = hn::Mul(g, normalized);
      dgain = hn::Add(product, dgain);
      sum[r] = hn::MulAdd(product, gain, sum[r]);
    }
    access.store(dgain, a.dgain + i);
  });
  for (int r = 0; r < rows; ++r) sums[r] = sum[r];
}

// Second pass: dx, computed from dy once more rather than from an h kept in between, which would be written
// and read again.
template <int rows, Activation activation, class T>
HWY_INLINE void input_gradients(const RmsNormBackward<T>& arguments, Index row, const RowTraffic& traffic,
                                const T* reciprocal, const T* mean_product) {
  const hn::ScalableTag<T> d;
  const RmsNormBackward<T> a = arguments;
  hn::Vec<hn::ScalableTag<T>> root[rows], mean[rows];
  for (int r = 0; r < rows; ++r) {
    root[r] = hn::Set(d, reciprocal[r]);
    mean[r] = hn::Set(d, mean_product[r]);
  }
  for_each_vector(d, a.channels, [&](auto access, Index i) HWY_ATTR {
    const auto gain = access.load(a.gain + i);
    for (int r = 0; r < rows; ++r) {
      const Index at = (row + r) * a.channels + i;
      const auto normalized = hn::Mul(access.load(a.x + at), root[r]);
      const auto g = output_gradient<activation>(access, normalized, gain, a.y + at, a.dy + at);
      const auto across = hn::NegMulAdd(normalized, mean[r], hn::Mul(g, gain));
      store_result(traffic, access, hn::Mul(across, root[r]), a.dx + at);
    }
  });
}

// Neighbouring samples of one row each, gone through together.
template <int rows, Activation activation, class T>
HWY_INLINE void backward_rows(const RmsNormBackward<T>& a, Index row, const RowTraffic& traffic) {
  const hn::ScalableTag<T> d;
  hn::Vec<hn::ScalableTag<T>> sums[rows];
  T mean_product[rows];
  for (int r = 0; r < rows; ++r) sums[r] = hn::Zero(d);
  add_gradient_sums<rows, activation>(a, row, traffic, a.reciprocal_root + row, sums);
  for (int r = 0; r < rows; ++r) mean_product[r] = sum_of_lanes(d, sums[r]) / static_cast<T>(a.channels);
  input_gradients<rows, activation>(a, row, traffic, a.reciprocal_root + row, mean_product);
}

// A sample of several rows, with one sum for each of those that are gone through together.
template <Activation activation, class T>
HWY_INLINE void backward_sample(const RmsNormBackward<T>& a, Index sample, const RowTraffic& traffic) {
  const hn::ScalableTag<T> d;
  const Index first = sample * a.positions, last = first + a.positions;
  hn::Vec<hn::ScalableTag<T>> sums[rows_together];
  T reciprocal[rows_together], mean_product[rows_together];
  std::fill_n(reciprocal, rows_together, a.reciprocal_root[sample]);
  for (int r = 0; r < rows_together; ++r) sums[r] = hn::Zero(d);
  for_each_row_group(first, last, true, [&](auto rows, Index row) HWY_ATTR {
    add_gradient_sums<rows.value, activation>(a, row, traffic, reciprocal, sums);
  });
  T sum = 0;
  for (int r = 0; r < rows_together; ++r) sum += sum_of_lanes(d, sums[r]);
  std::fill_n(mean_product, rows_together, sum / static_cast<T>(a.positions * a.channels));
  for_each_row_group(first, last, true, [&](auto rows, Index row) HWY_ATTR {
    input_gradients<rows.value, activation>(a, row, traffic, reciprocal, mean_product);
  });
}

template <Activation activation, class T>
void rms_norm_backward_fused(const RmsNormBackward<T>& a) {
  const RowTraffic traffic(a.dx, a.samples * a.positions, a.channels);
  if (a.positions == 1) {
    for_each_row_group(0, a.samples, !traffic.beyond_cache, [&](auto rows, Index row) HWY_ATTR {
      backward_rows<rows.value, activation>(a, row, traffic);
    });
  } else {
    for (Index sample = 0; sample < a.samples; ++sample) backward_sample<activation>(a, sample, traffic);
  }
  if (traffic.streaming) hwy::FlushStream();
}

template <class T>
void rms_norm_forward(const RmsNormForward<T>& a) {
  NORMLAB_WITH_ACTIVATION(a.activation, rms_norm_forward_fused, a);
}

template <class T>
void rms_norm_backward(const RmsNormBackward<T>& a) {
  NORMLAB_WITH_ACTIVATION(a.activation, rms_norm_backward_fused, a);
}

NORMLAB_TARGET_KERNEL(rms_norm_forward, RmsNormForward);
NORMLAB_TARGET_KERNEL(rms_norm_backward, RmsNormBackward);

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace normlab {
NORMLAB_EXPORT_KERNEL(rms_norm_forward, RmsNormForward);
NORMLAB_EXPORT_KERNEL(rms_norm_backward, RmsNormBackward);
}  // namespace normlab
#endif
