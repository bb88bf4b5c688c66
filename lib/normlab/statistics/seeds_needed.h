// How much more work would settle a question.
#pragma once

#include <optional>

#include "normlab/core/tensor.h"

namespace normlab {

struct SeedsQuestion {
  double distance;         // of the estimate from the margin, towards a decision; both on the log scale
  double standard_error;   // of the estimate, on the log scale (RatioInterval::standard_error)
  Index seeds;             // a group, that it comes from
  double level = 0.05;     // of the interval that is to lie beyond the margin
  double power = 0.8;      // the probability with which it then does, if the estimate is the truth
  double fixed_error = 0;  // of what more seeds say nothing about, likewise; `standard_error` is without it
};

// The seeds a group with which a contrast would be decided, by the normal approximation with a standard error
// that shrinks as 1 / sqrt(seeds):
//   ceil( seeds * (z * standard_error)^2 / (distance^2 - (z * fixed_error)^2) ),  at least 2,
//   z = z(1 - level / 2) + z(power).
// Nothing where the estimate is within the margin (distance <= 0), since more seeds would confirm just that,
// where the fixed error alone is too large, and where the number is beyond 1,000,000. Throws
// std::invalid_argument for values that are not numbers, standard errors below 0, fewer than one seed, a
// level outside of (0, 1) and a power outside of [0.5, 1).
std::optional<Index> seeds_needed(const SeedsQuestion& question);

}  // namespace normlab
