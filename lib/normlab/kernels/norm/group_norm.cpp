#include "normlab/kernels/norm/group_norm.h"

#include "normlab/kernels/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "normlab/kernels/norm/group_norm.cpp"
#include <hwy/foreach_target.h>

#include "normlab/kernels/norm/columns-inl.h"
#include "normlab/kernels/norm/statistics-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

// Calls body(first, block) for every block of channels of one sample.
template <class T, class Body>
HWY_INLINE void for_each_block(Index positions, Index channels, const RowTraffic& traffic, const Body& body) {
  for (Index first = 0; first < channels; first += block_width<T>(traffic)) {
    body(first,
         ColumnBlock{positions, std::min(block_width<T>(traffic), channels - first), channels, traffic});
  }
}

// Moments of a group of `size` channels, all over the same number of positions, from those of its channels;
// written back to each of them.
template <class T>
HWY_NOINLINE void combine_moments(const ColumnMoments<T>& channel, Index first, Index size, Index positions) {
  const hn::ScalableTag<T> d;
  T* origins = channel.origin + first;
  T* offsets = channel.offset + first;
  T* squares = channel.squares + first;
  const T scale = T(1) / static_cast<T>(size);
  const auto origin_sum =
      sum_terms<T>(d, size, [&](auto access, Index i) HWY_ATTR { return access.load(origins + i); });
  const auto origin = hn::Mul(origin_sum, hn::Set(d, scale));
  const auto from_origin = [&](auto access, Index i) HWY_ATTR {
    return hn::Add(hn::Sub(access.load(origins + i), origin), access.load(offsets + i));
  };
  const auto offset_sum = sum_terms<T>(
      d, size, [&](auto access, Index i) HWY_ATTR { return access.keep(from_origin(access, i)); });
  const auto offset = hn::Mul(offset_sum, hn::Set(d, scale));
  const auto count = hn::Set(d, static_cast<T>(positions));
  const auto square_sum = sum_terms<T>(d, size, [&](auto access, Index i) HWY_ATTR {
    const auto deviation = access.keep(hn::Sub(from_origin(access, i), offset));
    return hn::MulAdd(hn::Mul(deviation, deviation), count, access.load(squares + i));
  });
  std::fill_n(origins, size, hn::GetLane(origin));
  std::fill_n(offsets, size, hn::GetLane(offset));
  std::fill_n(squares, size, hn::GetLane(square_sum));
}

template <Activation activation, class T>
void group_norm_forward_fused(const GroupNormForward<T>& a) {
  const Index size = a.channels / a.groups;
  const RowTraffic traffic(a.y, a.samples * a.positions, a.channels);
  for (Index sample = 0; sample < a.samples; ++sample) {
    const T* x = a.x + sample * a.positions * a.channels;
    T* y = a.y + sample * a.positions * a.channels;
    const Index at = sample * a.channels;
    T *mean = a.mean + at, *reciprocal = a.reciprocal_deviation + at, *shift = a.shift + at;
    const ColumnMoments<T> moments{mean, shift, reciprocal};
    for_each_block<T>(a.positions, a.channels, traffic, [&](Index first, const ColumnBlock& block) HWY_ATTR {
      column_moments<T>(x + first, block, {mean + first, shift + first, reciprocal + first});
    });
    for (Index first = 0; size > 1 && first < a.channels; first += size) {
      combine_moments(moments, first, size, a.positions);
    }
    finish_moments(moments, a.channels, a.positions * size, a.epsilon);
    for_each_block<T>(a.positions, a.channels, traffic, [&](Index first, const ColumnBlock& block) HWY_ATTR {
      normalize_columns<activation, T>(
          x + first, y + first, block,
          {{mean + first, reciprocal + first, shift + first}, a.gain + first, a.bias + first});
    });
  }
}

// From the channels' sums of g (or of g n) to the mean of gain g (or of gain g n) over each group, in place.
template <class T>
HWY_NOINLINE void average_groups(const GroupNormBackward<T>& a, T* sums) {
  const hn::ScalableTag<T> d;
  const Index size = a.channels / a.groups;
  const auto scale = hn::Set(d, T(1) / static_cast<T>(a.positions * size));
  const auto scaled = [&](auto access, Index i) HWY_ATTR {
    return hn::Mul(hn::Mul(access.load(sums + i), access.load(a.gain + i)), scale);
  };
  if (size == 1) {
    for_each_vector(d, a.channels,
                    [&](auto access, Index i) HWY_ATTR { access.store(scaled(access, i), sums + i); });
    return;
  }
  for (Index first = 0; first < a.channels; first += size) {
    const auto total =
        sum_terms<T>(d, size, [&](auto access, Index i) HWY_ATTR { return scaled(access, first + i); });
    std::fill_n(sums + first, size, hn::GetLane(total));
  }
}

template <class T>
HWY_NOINLINE void add_to(T* total, const T* term, Index count) {
  const hn::ScalableTag<T> d;
  for_each_vector(d, count, [&](auto access, Index i) HWY_ATTR {
    access.store(hn::Add(access.load(total + i), access.load(term + i)), total + i);
  });
}

template <Activation activation, class T>
void group_norm_backward_fused(const GroupNormBackward<T>& a) {
  T *sums = a.scratch, *products = a.scratch + a.channels;
  const RowTraffic traffic(a.dx, a.samples * a.positions, a.channels);
  for (Index sample = 0; sample < a.samples; ++sample) {
    const Index length = a.positions * a.channels;
    const auto gradient_of = [&](Index first) {
      const Index at = sample * length + first;
      return ColumnGradient<T>{a.x + at, a.y + at, a.dy + at, a.dx + at};
    };
    const auto normalization_of = [&](Index first) {
      const Index at = sample * a.channels + first;
      return ChannelNormalization<T>{
          {a.mean + at, a.reciprocal_deviation + at, a.shift + at}, a.gain + first, a.bias + first};
    };
    for_each_block<T>(a.positions, a.channels, traffic, [&](Index first, const ColumnBlock& block) HWY_ATTR {
      column_gradient_sums<activation, T>(gradient_of(first), block, normalization_of(first), sums + first,
                                          products + first);
    });
    add_to(a.dbias, sums, a.channels);
    add_to(a.dgain, products, a.channels);
    average_groups(a, sums);
    average_groups(a, products);
    for_each_block<T>(a.positions, a.channels, traffic, [&](Index first, const ColumnBlock& block) HWY_ATTR {
      column_input_gradients<activation, T>(gradient_of(first), block, normalization_of(first), sums + first,
                                            products + first);
    });
  }
}

template <class T>
void group_norm_forward(const GroupNormForward<T>& a) {
  NORMLAB_WITH_ACTIVATION(a.activation, group_norm_forward_fused, a);
}

template <class T>
void group_norm_backward(const GroupNormBackward<T>& a) {
  NORMLAB_WITH_ACTIVATION(a.activation, group_norm_backward_fused, a);
}

NORMLAB_TARGET_KERNEL(group_norm_forward, GroupNormForward);
NORMLAB_TARGET_KERNEL(group_norm_backward, GroupNormBackward);

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace normlab {
NORMLAB_EXPORT_KERNEL(group_norm_forward, GroupNormForward);
NORMLAB_EXPORT_KERNEL(group_norm_backward, GroupNormBackward);
}  // namespace normlab
#endif
