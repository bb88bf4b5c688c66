// Points that fill a cube evenly, for trials of settings.
#pragma once

#include <cstdint>
#include <vector>

namespace normlab {

// The randomized Halton sequence of Owen 2017, "A randomized Halton algorithm in R" (arXiv:1706.02808):
// coordinate j of point i is the radical inverse of i in the j-th prime base b, with every digit replaced by
// a random permutation of {0, …, b - 1} of its own (one for each base and place, as well for the zeros behind
// i's last digit):
//   i = sum over k of d_k b^k,   x_j = sum over k of permutation_(j,k)(d_k) b^-(k+1).
// A coordinate is a function of (seed, index, dimension) alone: more points or more dimensions change none.
// Any b^m points in a row that begin at a multiple of b^m have one coordinate in each of the b^m intervals of
// width b^-m. The permutations are drawn by Fisher and Yates' shuffle from counter-based random numbers.
class ScrambledHalton {
 public:
  static constexpr int most_dimensions = 16;

  // Throws std::invalid_argument unless 1 <= dimensions <= most_dimensions.
  ScrambledHalton(std::uint64_t seed, int dimensions);

  // In [0, 1). Throws std::invalid_argument for a dimension that is not in [0, dimensions).
  double at(std::uint64_t index, int dimension) const;

 private:
  using Permutation = std::vector<std::uint32_t>;
  std::vector<std::vector<Permutation>> permutations_;  // of each dimension, of each place, of each digit
};

}  // namespace normlab
