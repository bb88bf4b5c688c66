#include "normlab/train/target_watch.h"

namespace normlab {

void TargetWatch::see(const RunPoint& here, bool holds) {
  if (reached()) return;
  if (!holds) {
    streak_ = 0;
    after_ = here;
    return;
  }
  if (streak_ == 0) at_ = here;
  ++streak_;
}

}  // namespace normlab
