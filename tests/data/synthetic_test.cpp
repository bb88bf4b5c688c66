// The synthetic images are part of what a seed means: records of different versions are compared by it.
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "normlab/core/random.h"
#include "normlab/data/image_data.h"

namespace normlab {
namespace {

std::uint64_t fingerprint(const ImageSet& set) {
  std::string bytes(set.pixels.begin(), set.pixels.end());
  bytes.append(set.labels.begin(), set.labels.end());
  return hash_name(bytes);
}

// The mean pixel of each class at each place.
std::vector<std::vector<double>> class_means(const ImageSet& set) {
  const auto size = static_cast<std::size_t>(set.height * set.width);
  std::vector<std::vector<double>> means(static_cast<std::size_t>(set.classes), std::vector<double>(size));
  std::vector<double> counts(means.size());
  for (std::size_t i = 0; i < set.labels.size(); ++i) ++counts[set.labels[i]];
  for (std::size_t i = 0; i < set.pixels.size(); ++i) {
    const std::size_t label = set.labels[i / size];
    means[label][i % size] += set.pixels[i] / counts[label];
  }
  return means;
}

}  // namespace

TEST_CASE("synthetic images are the same in every version, by seed, stream and size") {
  CHECK(fingerprint(synthetic_images(1, "train", 64)) == 2489789618247964703u);
  CHECK(fingerprint(synthetic_images(2, "test", 32, 9, 13, 4)) == 4805717468830163274u);
}

TEST_CASE("a class is a pattern that is smooth along both axes, a sample noise around it") {
  const ImageSet set = synthetic_images(3, "train", 3000, 20, 20, 3);
  for (const auto& mean : class_means(set)) {
    double along_rows = 0, along_columns = 0, variance = 0;
    for (std::size_t y = 0; y + 1 < 20; ++y) {
      for (std::size_t x = 0; x + 1 < 20; ++x) {
        const double here = mean[y * 20 + x];
        along_rows += std::pow(mean[y * 20 + x + 1] - here, 2) / 361;
        along_columns += std::pow(mean[(y + 1) * 20 + x] - here, 2) / 361;
        variance += std::pow(here - 128, 2) / 361;
      }
    }
    CHECK(variance > 100);  // a deviation of 10 grey levels about the middle
    CHECK(along_rows < variance);
    CHECK(along_columns < variance);
    CHECK(along_columns > 0.01 * variance);  // and it does change along both
    CHECK(along_rows > 0.01 * variance);
  }
}

}  // namespace normlab
