// A norm's settings, said to a visitor (settings/visitor.h).
#pragma once

#include "normlab/nn/norm/norm_spec.h"
#include "normlab/settings/visitor.h"

namespace normlab {

// Those that have a meaning for the norm.
void visit_settings(SettingVisitor& visitor, NormSpec& norm);

}  // namespace normlab
