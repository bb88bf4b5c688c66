#include "normlab/statistics/permutation.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "normlab/core/random.h"
#include "normlab/statistics/draws.h"

namespace normlab {
namespace {

void check_permutation_options(const PermutationOptions& options) {
  constexpr Index most = 10'000'000;
  if (options.most_arrangements < 1 || options.most_arrangements > most || options.draws < 1 ||
      options.draws > most) {
    throw std::invalid_argument("a permutation test looks at 1 to 10,000,000 arrangements");
  }
}

// The number of arrangements, or some number above `most`.
Index arrangements(Index first_size, Index second_size, Pairing pairing, Index most) {
  Index count = 1;
  if (pairing == Pairing::paired) {
    for (Index pair = 0; pair < first_size && count <= most; ++pair) count *= 2;
    return count;
  }
  // C(first + k, k) from C(first + k - 1, k - 1); the division leaves no rest.
  for (Index k = 1; k <= std::min(first_size, second_size) && count <= most; ++k) {
    count = count * (std::max(first_size, second_size) + k) / k;
  }
  return count;
}

// The observations of both groups, and which of them are in the first group now.
class Arrangement {
 public:
  explicit Arrangement(const TwoGroups& groups)
      : pairing_(groups.pairing), first_size_(groups.first.size()), means_(pooled(groups), groups.horizon) {
    in_first_.assign(first_size_ + groups.second.size(), 0);
    in_second_.assign(in_first_.size(), 1);
    for (std::size_t i = 0; i < first_size_; ++i) put(i, true);
  }

  double statistic() const { return std::abs(std::log(means_.mean(in_first_) / means_.mean(in_second_))); }

  // The next one; from the one that was seen through all of them and back to it.
  void advance() {
    if (pairing_ == Pairing::paired) {
      // Counts in binary: a swapped pair is a digit 1.
      std::size_t pair = 0;
      while (pair < first_size_ && in_first_[pair] == 0) swap_pair(pair++);
      if (pair < first_size_) swap_pair(pair);
      return;
    }
    std::ranges::prev_permutation(in_first_);
    for (std::size_t i = 0; i < in_first_.size(); ++i) in_second_[i] = 1 - in_first_[i];
  }

  // One that is as likely as any other.
  void draw(Random random) {
    if (pairing_ == Pairing::paired) {
      for (std::size_t pair = 0; pair < first_size_; ++pair) {
        const bool first = random.bits() % 2 == 0;
        put(pair, first);
        put(first_size_ + pair, !first);
      }
      return;
    }
    order_.resize(in_first_.size());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    for (std::size_t i = 0; i < order_.size(); ++i) {
      std::swap(order_[i], order_[i + draw_below(random, order_.size() - i)]);
      put(order_[i], i < first_size_);
    }
  }

 private:
  static std::vector<Observation> pooled(const TwoGroups& groups) {
    std::vector<Observation> all(groups.first.begin(), groups.first.end());
    all.insert(all.end(), groups.second.begin(), groups.second.end());
    return all;
  }

  void put(std::size_t observation, bool first) {
    in_first_[observation] = first ? 1 : 0;
    in_second_[observation] = first ? 0 : 1;
  }

  void swap_pair(std::size_t pair) {
    const bool first = in_first_[pair] == 1;
    put(pair, !first);
    put(first_size_ + pair, first);
  }

  Pairing pairing_;
  std::size_t first_size_;
  RestrictedMeans means_;
  std::vector<int> in_first_, in_second_;
  std::vector<std::size_t> order_;
};

}  // namespace

PermutationTest permutation_test(const TwoGroups& groups, const PermutationOptions& options) {
  check_groups(groups, 1);
  check_permutation_options(options);
  const auto first_size = static_cast<Index>(groups.first.size());
  const auto second_size = static_cast<Index>(groups.second.size());
  const Index all = arrangements(first_size, second_size, groups.pairing, options.most_arrangements);
  const bool exact = all <= options.most_arrangements;
  Arrangement arrangement(groups);
  const double seen = arrangement.statistic() - 1e-10;
  const Index looked_at = exact ? all : options.draws;
  // Each draw begins at a position of its own in the random numbers, whoever computes it.
  const std::uint64_t stream = hash_name("permutation"), words = groups.first.size() + groups.second.size();
  Index as_large = 0;
  for (Index i = 0; i < looked_at; ++i) {
    if (!exact) arrangement.draw(Random(options.seed, stream, static_cast<std::uint64_t>(i) * words));
    if (arrangement.statistic() >= seen) ++as_large;
    if (exact) arrangement.advance();
  }
  const auto share = [](Index part, Index whole) {
    return static_cast<double>(part) / static_cast<double>(whole);
  };
  return {.p = exact ? share(as_large, all) : share(as_large + 1, looked_at + 1),
          .smallest_p = smallest_permutation_p(first_size, second_size, groups.pairing, options),
          .arrangements = looked_at,
          .exact = exact};
}

double smallest_permutation_p(Index first_size, Index second_size, Pairing pairing,
                              const PermutationOptions& options) {
  check_permutation_options(options);
  if (first_size < 1 || second_size < 1 || (pairing == Pairing::paired && first_size != second_size)) {
    throw std::invalid_argument("a permutation test needs two groups, of equal size where they are paired");
  }
  const Index all = arrangements(first_size, second_size, pairing, options.most_arrangements);
  if (all > options.most_arrangements) return 1 / static_cast<double>(options.draws + 1);
  // Exchanging the groups changes the sign of the logarithm alone.
  return std::min(1.0, (first_size == second_size ? 2.0 : 1.0) / static_cast<double>(all));
}

}  // namespace normlab
