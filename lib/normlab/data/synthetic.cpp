// synthetic_images(): see image_data.h.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "normlab/core/random.h"
#include "normlab/data/image_data.h"

namespace normlab {
namespace {

constexpr int waves_per_pattern = 6;
constexpr int highest_frequency = 3;  // periods across the image: low, so that patterns are smooth
constexpr int largest_shift = 2;      // pixels
constexpr double noise_deviation = 48;

// A smooth pattern in [-1, 1] over a (height, width) torus: a sum of waves with random frequencies and
// phases.
std::vector<double> class_pattern(std::uint64_t seed, int label, Index height, Index width) {
  Random random(seed, hash_name("synthetic.pattern") + static_cast<std::uint64_t>(label));
  std::vector<double> pattern(static_cast<std::size_t>(height * width));
  for (int wave = 0; wave < waves_per_pattern; ++wave) {
    const double across = static_cast<double>(random.below(2 * highest_frequency + 1)) - highest_frequency;
    const double down = static_cast<double>(random.below(highest_frequency)) + 1;
    const double phase = random.uniform(0, 2 * std::numbers::pi);
    for (Index y = 0; y < height; ++y) {
      for (Index x = 0; x < width; ++x) {
        const double turn = down * static_cast<double>(y) / static_cast<double>(height) +
                            across * static_cast<double>(x) / static_cast<double>(width);
        pattern[static_cast<std::size_t>(y * width + x)] +=
            std::cos(2 * std::numbers::pi * turn + phase) / waves_per_pattern;
      }
    }
  }
  const double largest = std::transform_reduce(
      pattern.begin(), pattern.end(), 0.0, [](double a, double b) { return std::max(a, b); },
      [](double v) { return std::abs(v); });
  for (double& value : pattern) value /= std::max(largest, 1e-6);
  return pattern;
}

// The sum of the four bytes of one draw, centred: nearly normal, and ten times as cheap as a normal number.
double byte_sum_noise(Random& random) {
  constexpr double mean = 4 * 127.5, deviation = 147.80;
  const std::uint32_t bits = random.bits();
  const std::uint32_t sum = (bits & 255) + (bits >> 8 & 255) + (bits >> 16 & 255) + (bits >> 24);
  return (static_cast<double>(sum) - mean) / deviation;
}

void draw_sample(Random& random, const std::vector<double>& pattern, Index height, Index width,
                 std::uint8_t* pixels) {
  const double contrast = random.uniform(50, 100);
  const auto shift_y = static_cast<Index>(random.below(2 * largest_shift + 1)) + height - largest_shift;
  const auto shift_x = static_cast<Index>(random.below(2 * largest_shift + 1)) + width - largest_shift;
  for (Index y = 0; y < height; ++y) {
    const double* row = pattern.data() + (y + shift_y) % height * width;
    for (Index x = 0; x < width; ++x) {
      const double value =
          128 + contrast * row[(x + shift_x) % width] + noise_deviation * byte_sum_noise(random);
      pixels[y * width + x] = static_cast<std::uint8_t>(std::clamp(value, 0.0, 255.0));
    }
  }
}

}  // namespace

ImageSet synthetic_images(std::uint64_t seed, std::string_view stream, Index count, Index height, Index width,
                          int classes) {
  std::vector<std::vector<double>> patterns;
  patterns.reserve(static_cast<std::size_t>(classes));
  for (int label = 0; label < classes; ++label) patterns.push_back(class_pattern(seed, label, height, width));
  ImageSet set{count, height, width, classes, {}, {}, {}};
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(count * height * width));
  set.labels.resize(static_cast<std::size_t>(count));
  const std::uint64_t first_stream = hash_name(fmt::format("synthetic.{}", stream));
  for (Index i = 0; i < count; ++i) {
    Random random(seed, first_stream + static_cast<std::uint64_t>(i));
    const auto label = static_cast<std::uint8_t>(random.below(static_cast<std::uint64_t>(classes)));
    set.labels[static_cast<std::size_t>(i)] = label;
    draw_sample(random, patterns[label], height, width, pixels.data() + i * height * width);
  }
  set.pixels = std::move(pixels);
  return set;
}

}  // namespace normlab
