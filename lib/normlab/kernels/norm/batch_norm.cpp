#include "normlab/kernels/norm/batch_norm.h"

#include "normlab/kernels/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "normlab/kernels/norm/batch_norm.cpp"
#include <hwy/foreach_target.h>

#include "normlab/kernels/norm/columns-inl.h"
#include "normlab/kernels/norm/running_average-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

// Moves the running averages towards the moments of the block that starts at channel `first`.
template <class T>
HWY_NOINLINE void update_running(const BatchNormForward<T>& a, const ColumnMoments<T>& moments,
                                 Index channels, Index first) {
  const hn::ScalableTag<T> d;
  const auto unbiased = hn::Set(d, T(1) / static_cast<T>(std::max<Index>(a.rows - 1, 1)));
  for_each_vector(d, channels, [&](auto access, Index i) HWY_ATTR {
    const auto update = [&](auto statistic, T* running) HWY_ATTR {
      access.store(moved_average<AverageRounding::difference>(d, access.load(running), statistic, a.momentum),
                   running);
    };
    const auto mean = hn::Add(access.load(moments.origin + i), access.load(moments.offset + i));
    update(mean, a.running_mean + first + i);
    update(hn::Mul(access.load(moments.squares + i), unbiased), a.running_variance + first + i);
  });
}

template <class T>
HWY_NOINLINE void running_statistics(const BatchNormForward<T>& a) {
  for (Index c = 0; c < a.channels; ++c) {
    a.mean[c] = a.running_mean[c];
    a.reciprocal_deviation[c] = T(1) / std::sqrt(a.running_variance[c] + a.epsilon);
    a.shift[c] = T(0);
  }
}

template <Activation activation, class T>
void batch_norm_forward_fused(const BatchNormForward<T>& a) {
  if (!a.training) running_statistics(a);
  const RowTraffic traffic(a.y, a.rows, a.channels, a.stride);
  for (Index first = 0; first < a.channels; first += block_width<T>(traffic)) {
    const ColumnBlock block{a.rows, std::min(block_width<T>(traffic), a.channels - first), a.stride, traffic};
    if (a.training) {
      const ColumnMoments<T> moments{a.mean + first, a.shift + first, a.reciprocal_deviation + first};
      column_moments(a.x + first, block, moments);
      update_running(a, moments, block.channels, first);
      finish_moments(moments, block.channels, a.rows, a.epsilon);
    }
    normalize_columns<activation, T>(
        a.x + first, a.y + first, block,
        {{a.mean + first, a.reciprocal_deviation + first, a.shift + first}, a.gain + first, a.bias + first});
  }
}

template <Activation activation, class T>
void batch_norm_backward_fused(const BatchNormBackward<T>& a) {
  HWY_ALIGN T mean_h[channels_per_block<T>];
  HWY_ALIGN T mean_product[channels_per_block<T>];
  const T scale = T(1) / static_cast<T>(a.rows);
  const RowTraffic traffic(a.dx, a.rows, a.channels, a.stride);
  for (Index first = 0; first < a.channels; first += block_width<T>(traffic)) {
    const ColumnBlock block{a.rows, std::min(block_width<T>(traffic), a.channels - first), a.stride, traffic};
    const ChannelNormalization<T> normalization{
        {a.mean + first, a.reciprocal_deviation + first, a.shift + first}, a.gain + first, a.bias + first};
    const ColumnGradient<T> gradient{a.x + first, a.y + first, a.dy + first, a.dx + first};
    column_gradient_sums<activation>(gradient, block, normalization, a.dbias + first, a.dgain + first);
    for (Index i = 0; i < block.channels; ++i) {
      mean_h[i] = a.dbias[first + i] * normalization.gain[i] * scale;
      mean_product[i] = a.dgain[first + i] * normalization.gain[i] * scale;
    }
    column_input_gradients<activation, T>(gradient, block, normalization, mean_h, mean_product);
  }
}

template <class T>
void batch_norm_forward(const BatchNormForward<T>& a) {
  NORMLAB_WITH_ACTIVATION(a.activation, batch_norm_forward_fused, a);
}

template <class T>
void batch_norm_backward(const BatchNormBackward<T>& a) {
  NORMLAB_WITH_ACTIVATION(a.activation, batch_norm_backward_fused, a);
}

NORMLAB_TARGET_KERNEL(batch_norm_forward, BatchNormForward);
NORMLAB_TARGET_KERNEL(batch_norm_backward, BatchNormBackward);

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace normlab {
NORMLAB_EXPORT_KERNEL(batch_norm_forward, BatchNormForward);
NORMLAB_EXPORT_KERNEL(batch_norm_backward, BatchNormBackward);
}  // namespace normlab
#endif
