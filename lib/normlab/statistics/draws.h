// Draws that take a known number of random words, so that each sample can begin at a position of its own.
#pragma once

#include <cstddef>
#include <cstdint>

#include "normlab/core/random.h"

namespace normlab {

// In [0, bound) from one 32-bit word. Some results are likelier than others by bound / 2^32, which is far
// below what a bootstrap or a permutation test of that many draws could show; Random::below() has no such
// bias, but takes as many words as it happens to need.
inline std::size_t draw_below(Random& random, std::size_t bound) {
  return static_cast<std::size_t>((static_cast<std::uint64_t>(random.bits()) * bound) >> 32);
}

}  // namespace normlab
