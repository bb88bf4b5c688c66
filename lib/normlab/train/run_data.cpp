#include "normlab/train/run_data.h"

#include "normlab/train/data_source.h"

namespace normlab {

Index BatchSource::samples_per_epoch() const {
  Index total = 0;
  for (Index batch = 0; batch < batches(); ++batch) total += samples(batch);
  return total;
}

DataSize load_data_size(const RunConfig& config) {
  return data_source(config.dataset).load_size(config);
}

RunData load_run_data(const RunConfig& config) {
  return data_source(config.dataset).load(config);
}

}  // namespace normlab
