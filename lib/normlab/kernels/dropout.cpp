#include "normlab/kernels/dropout.h"

#include <algorithm>

#include "normlab/kernels/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "normlab/kernels/dropout.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>

// Plain loops of a fixed length, which compilers make vectors of for each instruction set.
HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

constexpr Index dropout_lanes = 8;

// The ten rounds of core/random.h on eight blocks at once.
template <class T>
HWY_INLINE void draw_group(const DropoutForward<T>& a, Index group, std::uint32_t* HWY_RESTRICT words) {
  std::uint32_t *const c0 = words, *const c1 = words + dropout_lanes, *const c2 = words + 2 * dropout_lanes,
                       *const c3 = words + 3 * dropout_lanes;
  for (Index lane = 0; lane < dropout_lanes; ++lane) {
    c0[lane] = static_cast<std::uint32_t>(group * dropout_lanes + lane);
    c1[lane] = static_cast<std::uint32_t>(a.step);
    c2[lane] = static_cast<std::uint32_t>(a.stream);
    c3[lane] = static_cast<std::uint32_t>(a.stream >> 32);
  }
  auto key_0 = static_cast<std::uint32_t>(a.seed), key_1 = static_cast<std::uint32_t>(a.seed >> 32);
  for (int round = 0; round < 10; ++round) {
    for (Index lane = 0; lane < dropout_lanes; ++lane) {
      const std::uint64_t product_0 = std::uint64_t{0xD2511F53} * c0[lane];
      const std::uint64_t product_1 = std::uint64_t{0xCD9E8D57} * c2[lane];
      c0[lane] = static_cast<std::uint32_t>(product_1 >> 32) ^ c1[lane] ^ key_0;
      c1[lane] = static_cast<std::uint32_t>(product_1);
      c2[lane] = static_cast<std::uint32_t>(product_0 >> 32) ^ c3[lane] ^ key_1;
      c3[lane] = static_cast<std::uint32_t>(product_0);
    }
    key_0 += 0x9E3779B9U;
    key_1 += 0xBB67AE85U;
  }
}

// out = in * scale where the bit is set; a group, or what is left of one.
template <class T>
HWY_INLINE void keep_group(const T* HWY_RESTRICT in, std::uint32_t kept, T scale, Index count,
                           T* HWY_RESTRICT out) {
  const auto keep = [&](Index i) HWY_ATTR {
    const T scaled = in[i] * scale;
    out[i] = (kept & (std::uint32_t{1} << i)) != 0 ? scaled : T(0);
  };
  if (count >= dropout_group) {
    for (Index i = 0; i < dropout_group; ++i) keep(i);
  } else {
    for (Index i = 0; i < count; ++i) keep(i);
  }
}

template <class T>
void dropout_forward(const DropoutForward<T>& a) {
  HWY_ALIGN std::uint32_t words[dropout_group];
  for (Index at = 0; at < a.size; at += dropout_group) {
    const Index group = at / dropout_group;
    draw_group(a, a.first_group + group, words);
    std::uint32_t kept = 0;
    for (Index i = 0; i < dropout_group; ++i)
      kept |= static_cast<std::uint32_t>(words[i] >= a.threshold) << i;
    a.kept[group] = kept;
    keep_group(a.x + at, kept, a.scale, a.size - at, a.y + at);
  }
}

template <class T>
void dropout_backward(const DropoutBackward<T>& a) {
  for (Index at = 0; at < a.size; at += dropout_group)
    keep_group(a.dy + at, a.kept[at / dropout_group], a.scale, a.size - at, a.dx + at);
}

NORMLAB_TARGET_KERNEL(dropout_forward, DropoutForward);
NORMLAB_TARGET_KERNEL(dropout_backward, DropoutBackward);

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace normlab {
NORMLAB_EXPORT_KERNEL(dropout_forward, DropoutForward);
NORMLAB_EXPORT_KERNEL(dropout_backward, DropoutBackward);
}  // namespace normlab
#endif
