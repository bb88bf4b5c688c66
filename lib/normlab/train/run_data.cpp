#include "normlab/train/run_data.h"

namespace normlab {

Index BatchSource::samples_per_epoch() const {
  Index total = 0;
  for (Index batch = 0; batch < batches(); ++batch) total += samples(batch);
  return total;
}

}  // namespace normlab
