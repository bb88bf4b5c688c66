#include "normlab/data/image_set.h"

namespace normlab {

ImageView ImageView::part(Index first, Index part_count) const {
  ImageView result = *this;
  const auto size = static_cast<std::size_t>(height * width);
  const auto begin = static_cast<std::size_t>(first), length = static_cast<std::size_t>(part_count);
  result.count = part_count;
  result.pixels = pixels.subspan(begin * size, length * size);
  result.labels = labels.subspan(begin, length);
  return result;
}

ImageView ImageSet::view() const {
  return {count, height, width, classes, pixels, labels, scale};
}

}  // namespace normlab
