// The next character, or byte, of a text at every position. Metrics: loss, error (the fraction of characters
// that are not the likeliest), and the loss in bits, named for what it is counted by: bits_per_character or
// bits_per_byte.
#pragma once

#include "normlab/tasks/task.h"

namespace normlab {

const Task& language_modelling(TextUnit unit);

TaskShape language_modelling_of(TextUnit unit, Index vocabulary);

}  // namespace normlab
