// What tells recurrent layers apart, but for their normalization.
#pragma once

#include "normlab/core/tensor.h"

namespace normlab {

enum class CellKind { tanh, lstm, gru };

// What the hidden (and cell) state starts from: zero, or where the previous forward() left it, as truncated
// back-propagation through time wants. Training and evaluation graphs carry separate states.
enum class CarriedState { zero, carried };

struct RecurrentSpec {
  CellKind cell = CellKind::lstm;
  Index hidden = 0;
  Index layer = 0;       // the number in the parameters' names
  bool reverse = false;  // from the last time step to the first; y keeps the order of x
};

}  // namespace normlab
