#include "normlab/settings/setting.h"

#include <cmath>
#include <limits>

namespace normlab {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// Smaller numbers than the normal ones count as zero while a network trains.
bool is_normal_in_single_precision(double x) {
  const double size = std::abs(x);
  return size == 0 ||
         (size >= std::numeric_limits<float>::min() && size <= std::numeric_limits<float>::max());
}

bool within(const Range& range, double x) {
  return std::isfinite(x) && (range.with_low ? x >= range.low : x > range.low) &&
         (range.with_high ? x <= range.high : x < range.high);
}

}  // namespace

bool Range::holds(double x) const {
  return within(*this, x) &&
         (!single || (is_normal_in_single_precision(x) && within(*this, static_cast<float>(x))));
}

namespace range {

const Range positive{0, infinity, false, false, "a finite number above 0 is", "above 0"};
const Range open_unit{0, 1, false, false, "a number above 0 and below 1 is", "above 0, below 1"};
const Range above_zero_to_one{0, 1, false, true, "a number above 0 and at most 1 is", "above 0, up to 1"};
const Range unit{0, 1, true, true, "a number from 0 to 1 is", "0 to 1"};
const Range positive_single{
    0,         infinity, false, false, "a finite number above 0 in single precision, 1.2e-38 to 3.4e38, is",
    "above 0", true};
const Range not_negative_single{0,
                                infinity,
                                true,
                                false,
                                "0, or a finite number above 0 in single precision, 1.2e-38 to 3.4e38, is",
                                "0 or more",
                                true};
const Range half_open_unit_single{
    0,   1, true, false, "a number of at least 0 and below 1 in single precision is", "0 or more, below 1",
    true};
const Range above_zero_to_one_single{0,
                                     1,
                                     false,
                                     true,
                                     "a number above 0 in single precision, 1.2e-38, and at most 1 is",
                                     "above 0, up to 1",
                                     true};

}  // namespace range

}  // namespace normlab
