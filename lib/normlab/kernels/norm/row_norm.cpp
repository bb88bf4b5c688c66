#include "normlab/kernels/norm/row_norm.h"

#include <cmath>

#include "normlab/kernels/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "normlab/kernels/norm/row_norm.cpp"
#include <hwy/foreach_target.h>

#include "normlab/kernels/norm/normalization-inl.h"
#include "normlab/kernels/norm/statistics-inl.h"
#include "normlab/kernels/rows-inl.h"
#include "normlab/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

// The numbers that normalize `rows` neighbouring rows, vectors of equal lanes.
template <int rows, RowNorm norm, class T>
struct RowNormalizations {
  using V = hn::Vec<hn::ScalableTag<T>>;
  Normalization<V> of[rows];  // rms: the reciprocal alone

  // a: the arguments of forward or backward; row: of the (samples * positions, channels) matrix.
  template <class Arguments>
  HWY_INLINE RowNormalizations(const Arguments& a, Index row) {
    const hn::ScalableTag<T> d;
    for (int r = 0; r < rows; ++r) {
      const Index sample = a.positions == 1 ? row + r : row / a.positions;
      of[r].reciprocal = hn::Set(d, a.reciprocal_deviation[sample]);
      if constexpr (norm == RowNorm::layer) {
        of[r].mean = hn::Set(d, a.mean[sample]);
        of[r].shift = hn::Set(d, a.shift[sample]);
      }
    }
  }
};

// gain n + bias, at channel i.
template <RowNorm norm, class T>
struct ChannelGains {
  using V = hn::Vec<hn::ScalableTag<T>>;
  V gain, bias;  // rms: gain alone

  template <class Access>
  HWY_INLINE ChannelGains(Access access, const T* gains, const T* biases, Index i)
      : gain(access.load(gains + i)) {
    if constexpr (norm == RowNorm::layer) bias = access.load(biases + i);
  }
  HWY_INLINE V scaled(V normalized) const {
    if constexpr (norm == RowNorm::rms) return hn::Mul(normalized, gain);
    return hn::MulAdd(normalized, gain, bias);
  }
};

template <int samples, RowNorm norm, class T>
HWY_INLINE void keep_moments(const RowNormForward<T>& a, Index sample) {
  const Index length = a.positions * a.channels;
  const T* x = a.x + sample * length;
  if constexpr (norm == RowNorm::rms) {
    T squares[samples];
    mean_squares_of_rows<samples>(x, length, squares);
    for (int s = 0; s < samples; ++s)
      a.reciprocal_deviation[sample + s] = T(1) / std::sqrt(squares[s] + a.epsilon);
  } else {
    Moments<T> moments[samples];
    moments_of_rows<samples>(x, length, moments);
    for (int s = 0; s < samples; ++s) {
      const T reciprocal = T(1) / std::sqrt(moments[s].variance + a.epsilon);
      a.mean[sample + s] = moments[s].mean;
      a.reciprocal_deviation[sample + s] = reciprocal;
      a.shift[sample + s] = -moments[s].correction * reciprocal;
    }
  }
}

template <int rows, RowNorm norm, Activation activation, class T>
HWY_INLINE void normalize_rows(const RowNormForward<T>& a, Index row, const RowTraffic& traffic) {
  const hn::ScalableTag<T> d;
  const RowNormalizations<rows, norm, T> normalization(a, row);
  const Index channels = a.channels;
  const T *x = a.x + row * channels, *gains = a.gain, *biases = a.bias;
  T* y = a.y + row * channels;
  for_each_vector(d, channels, [&](auto access, Index i) HWY_ATTR {
    const ChannelGains<norm, T> channel(access, gains, biases, i);
    for (int r = 0; r < rows; ++r) {
      const Index at = r * channels + i;
      if (traffic.beyond_cache) hwy::Prefetch(x + at + 2 * channels);
      const auto z = channel.scaled(normalized<norm>(normalization.of[r], access.load(x + at)));
      store_result(traffic, access, activate<activation>(d, z), y + at);
    }
  });
}

template <RowNorm norm, Activation activation, class T>
void row_norm_forward_of(const RowNormForward<T>& a) {
  const RowTraffic traffic(a.y, a.samples * a.positions, a.channels);
  if (a.positions == 1) {
    for_each_row_group(0, a.samples, !traffic.beyond_cache, [&](auto rows, Index row) HWY_ATTR {
      keep_moments<rows.value, norm>(a, row);
      normalize_rows<rows.value, norm, activation>(a, row, traffic);
    });
  } else {
    for (Index sample = 0; sample < a.samples; ++sample) {
      keep_moments<1, norm>(a, sample);
      for_each_row_group(sample * a.positions, (sample + 1) * a.positions, true,
                         [&](auto rows, Index row)
                             HWY_ATTR { normalize_rows<rows.value, norm, activation>(a, row, traffic); });
    }
  }
  if (traffic.streaming) hwy::FlushStream();
}

// The sums over a sample that dx needs: of h (not under rms) and of h n. One pair of vectors for each of the
// rows that are worked on together.
template <class T>
struct GradientSums {
  hn::Vec<hn::ScalableTag<T>> h[rows_together], product[rows_together];
  HWY_INLINE GradientSums() {
    for (int r = 0; r < rows_together; ++r) h[r] = product[r] = hn::Zero(hn::ScalableTag<T>());
  }
};

// The means of h and of h n over a sample.
template <class T>
struct GradientMeans {
  T h, product;
};

// First pass: adds to `total` and to the gradients of gain and bias.
template <int rows, RowNorm norm, Activation activation, class T>
HWY_INLINE void add_gradient_sums(const RowNormBackward<T>& arguments, Index row, const RowTraffic& traffic,
                                  GradientSums<T>& total) {
  const hn::ScalableTag<T> d;
  const RowNormalizations<rows, norm, T> normalization(arguments, row);
  const RowNormBackward<T> a = arguments;  // a copy, which stores through its pointers cannot change
  GradientSums<T> sums = total;
  for_each_vector(d, a.channels, [&](auto access, Index i) HWY_ATTR {
    const ChannelGains<norm, T> channel(access, a.gain, a.bias, i);
    auto dgain = access.load(a.dgain + i), dbias = hn::Zero(d);
    if constexpr (norm == RowNorm::layer) dbias = access.load(a.dbias + i);
    for (int r = 0; r < rows; ++r) {
      const Index at = (row + r) * a.channels + i;
      if (traffic.beyond_cache) {
        hwy::Prefetch(a.x + at + a.channels);
        hwy::Prefetch(a.dy + at + a.channels);
      }
      const auto normal = access.keep(normalized<norm>(normalization.of[r], access.load(a.x + at)));
      const auto g = loaded_gradient<activation>(access, channel.scaled(normal), a.dy + at, a.y + at);
      dgain = hn::MulAdd(g, normal, dgain);
      const auto h = hn::Mul(g, channel.gain);
      if constexpr (norm == RowNorm::layer) {
        dbias = hn::Add(g, dbias);
        sums.h[r] = hn::Add(sums.h[r], h);
      }
      sums.product[r] = hn::MulAdd(h, normal, sums.product[r]);
    }
    access.store(dgain, a.dgain + i);
    if constexpr (norm == RowNorm::layer) access.store(dbias, a.dbias + i);
  });
  total = sums;
}

// Second pass: dx, computed from dy once more rather than from an h kept in between, which would be written
// and read again.
template <int rows, RowNorm norm, Activation activation, class T>
HWY_INLINE void input_gradients(const RowNormBackward<T>& arguments, Index row, const RowTraffic& traffic,
                                const GradientMeans<T>* means) {
  const hn::ScalableTag<T> d;
  const RowNormalizations<rows, norm, T> normalization(arguments, row);
  const RowNormBackward<T> a = arguments;
  hn::Vec<hn::ScalableTag<T>> mean_h[rows], mean_product[rows];
  for (int r = 0; r < rows; ++r) {
    const GradientMeans<T>& sample = means[a.positions == 1 ? r : 0];
    mean_h[r] = hn::Set(d, sample.h);
    mean_product[r] = hn::Set(d, sample.product);
  }
  for_each_vector(d, a.channels, [&](auto access, Index i) HWY_ATTR {
    const ChannelGains<norm, T> channel(access, a.gain, a.bias, i);
    for (int r = 0; r < rows; ++r) {
      const Index at = (row + r) * a.channels + i;
      const auto normal = normalized<norm>(normalization.of[r], access.load(a.x + at));
      const auto g = loaded_gradient<activation>(access, channel.scaled(normal), a.dy + at, a.y + at);
      const auto centred =
          norm == RowNorm::layer ? hn::MulSub(g, channel.gain, mean_h[r]) : hn::Mul(g, channel.gain);
      const auto dx = hn::NegMulAdd(normal, mean_product[r], centred);
      store_result(traffic, access, hn::Mul(dx, normalization.of[r].reciprocal), a.dx + at);
    }
  });
}

template <RowNorm norm, Activation activation, class T>
HWY_INLINE void backward_sample(const RowNormBackward<T>& a, Index sample, const RowTraffic& traffic) {
  const hn::ScalableTag<T> d;
  const Index first = sample * a.positions, last = first + a.positions;
  GradientSums<T> sums;
  for_each_row_group(first, last, true, [&](auto rows, Index row) HWY_ATTR {
    add_gradient_sums<rows.value, norm, activation>(a, row, traffic, sums);
  });
  for (int r = 1; r < rows_together; ++r) {
    sums.h[0] = hn::Add(sums.h[0], sums.h[r]);
    sums.product[0] = hn::Add(sums.product[0], sums.product[r]);
  }
  const T scale = T(1) / static_cast<T>(a.positions * a.channels);
  const GradientMeans<T> means{sum_of_lanes(d, sums.h[0]) * scale, sum_of_lanes(d, sums.product[0]) * scale};
  for_each_row_group(first, last, true, [&](auto rows, Index row) HWY_ATTR {
    input_gradients<rows.value, norm, activation>(a, row, traffic, &means);
  });
}

template <RowNorm norm, Activation activation, class T>
void row_norm_backward_of(const RowNormBackward<T>& a) {
  const hn::ScalableTag<T> d;
  const RowTraffic traffic(a.dx, a.samples * a.positions, a.channels);
  if (a.positions == 1) {
    const T scale = T(1) / static_cast<T>(a.channels);
    for_each_row_group(0, a.samples, !traffic.beyond_cache, [&](auto rows, Index row) HWY_ATTR {
      GradientSums<T> sums;
      add_gradient_sums<rows.value, norm, activation>(a, row, traffic, sums);
      GradientMeans<T> means[rows.value];
      for (int r = 0; r < rows.value; ++r)
        means[r] = {sum_of_lanes(d, sums.h[r]) * scale, sum_of_lanes(d, sums.product[r]) * scale};
      input_gradients<rows.value, norm, activation>(a, row, traffic, means);
    });
  } else {
    for (Index sample = 0; sample < a.samples; ++sample)
      backward_sample<norm, activation>(a, sample, traffic);
  }
  if (traffic.streaming) hwy::FlushStream();
}

template <Activation activation, class T>
void row_norm_forward_fused(const RowNormForward<T>& a) {
  a.norm == RowNorm::rms ? row_norm_forward_of<RowNorm::rms, activation>(a)
                         : row_norm_forward_of<RowNorm::layer, activation>(a);
}

template <Activation activation, class T>
void row_norm_backward_fused(const RowNormBackward<T>& a) {
  a.norm == RowNorm::rms ? row_norm_backward_of<RowNorm::rms, activation>(a)
                         : row_norm_backward_of<RowNorm::layer, activation>(a);
}

template <class T>
void row_norm_forward(const RowNormForward<T>& a) {
  NORMLAB_WITH_ACTIVATION(a.activation, row_norm_forward_fused, a);
}

template <class T>
void row_norm_backward(const RowNormBackward<T>& a) {
  NORMLAB_WITH_ACTIVATION(a.activation, row_norm_backward_fused, a);
}

NORMLAB_TARGET_KERNEL(row_norm_forward, RowNormForward);
NORMLAB_TARGET_KERNEL(row_norm_backward, RowNormBackward);

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace normlab {
NORMLAB_EXPORT_KERNEL(row_norm_forward, RowNormForward);
NORMLAB_EXPORT_KERNEL(row_norm_backward, RowNormBackward);
}  // namespace normlab
#endif
