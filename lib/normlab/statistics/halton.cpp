#include "normlab/statistics/halton.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "normlab/core/random.h"

namespace normlab {
namespace {

constexpr std::array<std::uint32_t, ScrambledHalton::most_dimensions> bases = {
    2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53};

// As many as tell apart what double precision can.
int places(std::uint32_t base) {
  return static_cast<int>(std::ceil(53 / std::log2(base)));
}

}  // namespace

ScrambledHalton::ScrambledHalton(std::uint64_t seed, int dimensions) {
  if (dimensions < 1 || dimensions > most_dimensions) {
    throw std::invalid_argument(fmt::format("Halton points have from 1 to {} dimensions", most_dimensions));
  }
  permutations_.resize(static_cast<std::size_t>(dimensions));
  for (std::size_t dimension = 0; dimension < permutations_.size(); ++dimension) {
    const std::uint32_t base = bases[dimension];
    for (int place = 0; place < places(base); ++place) {
      Permutation digits(base);
      std::iota(digits.begin(), digits.end(), 0U);
      Random random(seed, hash_name(fmt::format("halton.{}.{}", dimension, place)));
      for (std::size_t last = base - 1; last > 0; --last)
        std::swap(digits[last], digits[random.below(last + 1)]);
      permutations_[dimension].push_back(std::move(digits));
    }
  }
}

double ScrambledHalton::at(std::uint64_t index, int dimension) const {
  if (dimension < 0 || static_cast<std::size_t>(dimension) >= permutations_.size()) {
    throw std::invalid_argument("no such dimension of these Halton points");
  }
  const std::uint32_t base = bases[static_cast<std::size_t>(dimension)];
  double coordinate = 0, weight = 1;
  for (const Permutation& permutation : permutations_[static_cast<std::size_t>(dimension)]) {
    weight /= base;
    coordinate += weight * permutation[index % base];
    index /= base;
  }
  // The largest sums of all places round up to 1.
  return std::min(coordinate, std::nextafter(1.0, 0.0));
}

}  // namespace normlab
