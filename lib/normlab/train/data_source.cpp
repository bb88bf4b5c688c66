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

DataSize load_data_size(const RunConfig& config) {
  return data_source(config.dataset).load_size(config);
}

RunData load_run_data(const RunConfig& config) {
  return data_source(config.dataset).load(config);
}

}  // namespace normlab
