#include "normlab/nn/graph/init_spec.h"

namespace normlab {

void visit_settings(SettingVisitor& visitor, InitSpec& init) {
  visitor.number({.key = "scale",
                  .meaning = "multiplies every weight that is drawn",
                  .option = "--init-scale",
                  .value = "FACTOR"},
                 init.scale, range::positive_single);
}

const Names& init_names() {
  static const Names names{"standard", "glorot", "he", "torch"};
  return names;
}

}  // namespace normlab
