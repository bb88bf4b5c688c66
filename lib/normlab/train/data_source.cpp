#include "normlab/train/data_source.h"

#include <stdexcept>

namespace normlab {

const DataSource& data_source(const DatasetSpec& dataset) {
  static const std::vector<const DataSource*> sources{
      &image_source(),
      &text_source(),
  };
  for (const DataSource* source : sources) {
    if (source->reads(dataset)) return *source;
  }
  throw std::logic_error("nothing reads this kind of data set");
}

}  // namespace normlab
