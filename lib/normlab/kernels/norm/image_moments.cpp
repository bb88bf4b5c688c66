#include "normlab/kernels/norm/image_moments.h"

#include "normlab/kernels/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "normlab/kernels/norm/image_moments.cpp"
#include <hwy/foreach_target.h>

#include "normlab/kernels/norm/columns-inl.h"
#include "normlab/kernels/norm/statistics-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

template <class T>
void image_moments(const ImageMoments<T>& a) {
  const RowTraffic traffic(a.x, a.images * a.positions, a.channels);
  for (Index image = 0; image < a.images; ++image) {
    const T* x = a.x + image * a.positions * a.channels;
    const Index at = image * a.channels;
    for (Index first = 0; first < a.channels; first += block_width<T>(traffic)) {
      const ColumnBlock block{a.positions, std::min(block_width<T>(traffic), a.channels - first), a.channels,
                              traffic};
      column_moments<T>(x + first, block,
                        {a.origin + at + first, a.offset + at + first, a.squares + at + first});
    }
  }
}

template <class T>
void mean_square(const MeanSquare<T>& a) {
  const hn::ScalableTag<T> d;
  const auto sum = sum_terms<T>(d, a.count, [&](auto access, Index i) HWY_ATTR {
    const auto value = access.load(a.x + i);
    return hn::Mul(value, value);
  });
  *a.square = hn::GetLane(sum) / static_cast<T>(a.count);
}

NORMLAB_TARGET_KERNEL(image_moments, ImageMoments)
NORMLAB_TARGET_KERNEL(mean_square, MeanSquare)

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace normlab {
NORMLAB_EXPORT_KERNEL(image_moments, ImageMoments)
NORMLAB_EXPORT_KERNEL(mean_square, MeanSquare)
}  // namespace normlab
#endif
