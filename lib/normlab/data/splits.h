// How many samples (or characters) each part of a data set gets.
#pragma once

#include <string_view>

#include "normlab/core/tensor.h"

namespace normlab {

// round(fraction * count), at least 1: the size of one held-out part, of `parts` equal ones. Throws
// RequestError naming dataset.validation_fraction unless 0 < parts * fraction < 1 and something is left to
// train on.
Index held_out_count(Index count, double fraction, Index parts);

// `available`, or `limit` when that is positive. Throws RequestError naming dataset.train_limit when the
// limit is negative or more than `available`; `unit` ("samples") is for the message.
Index kept_for_training(Index available, Index limit, std::string_view unit);
// The same for dataset.validation_limit and dataset.test_limit.
Index kept_for_validation(Index available, Index limit, std::string_view unit);
Index kept_for_test(Index available, Index limit, std::string_view unit);

}  // namespace normlab
