// How the weights of a network start.
#pragma once

#include "normlab/settings/visitor.h"

namespace normlab {

// `standard` takes He for relu and gelu, Glorot otherwise; recurrent weights are
// orthogonal except under `torch`, which draws everything uniformly from +-1/sqrt(fan-in) as PyTorch's
// modules do (recurrent layers: +-1/sqrt(hidden size)). Gains and normalization biases are never drawn.
enum class InitScheme { standard, glorot, he, torch };

struct InitSpec {
  InitScheme scheme = InitScheme::standard;
  double scale = 1.0;  // multiplies every drawn weight; for studies of sensitivity to initialization
};

void visit_settings(SettingVisitor& visitor, InitSpec& init);

// Names in configs, in the order of the enumeration.
const Names& init_names();

}  // namespace normlab
