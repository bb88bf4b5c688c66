// Counter-based random numbers: Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2,
// 3"). A generator is a pure function of (seed, stream, position), so a checkpoint needs to save only
// positions, and two purposes that use different streams never disturb each other's numbers.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace normlab {

// The ten-round Philox bijection of a 128-bit counter under a 64-bit key.
std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key);

// 64-bit FNV-1a; names streams ("fc1.weight", "shuffle") and identifies configurations.
std::uint64_t hash_name(std::string_view text);

class Random {
 public:
  Random(std::uint64_t seed, std::uint64_t stream, std::uint64_t position = 0)
      : seed_(seed), stream_(stream), position_(position) {}

  std::uint32_t bits();                      // 32 uniform bits
  double uniform();                          // in [0, 1), 53 bits
  double uniform(double low, double high);   // in [low, high)
  double normal();                           // mean 0, variance 1 (Box-Muller)
  std::uint64_t below(std::uint64_t bound);  // in [0, bound), unbiased; bound >= 1
  std::uint64_t position() const { return position_; }

 private:
  std::uint64_t seed_, stream_, position_;  // position counts the 32-bit words drawn
  std::array<std::uint32_t, 4> block_{};
  std::uint64_t block_index_ = ~std::uint64_t{0};
};

}  // namespace normlab
