// The fused kernels of a convolutional block's end against plain loops in double precision, on every
// instruction set that this machine has.
#include "normlab/kernels/norm/norm_pool.h"

#include <array>
#include <limits>

#include "kernels/reference.h"
#include "normlab/kernels/norm/image_moments.h"

namespace normlab {
namespace {

struct Images {
  Index images, height, width, channels;
  bool shared;  // one set of statistics for all images
  Index size() const { return images * height * width * channels; }
  Index pooled() const { return images * (height / 2) * (width / 2) * channels; }
};

// Odd and even sizes; vectors and a part of one.
constexpr Images all_images[] = {
    {2, 4, 6, 32, true}, {2, 5, 7, 21, false}, {1, 3, 2, 84, false}, {2, 2, 5, 5, true}};

// Small enough for tanh and gelu to tell the elements of every window apart in single precision.
template <class T>
struct Case {
  Images s;
  Activation activation;
  Index statistics = (s.shared ? 1 : s.images) * s.channels;
  std::vector<T> x = drawn<T>(s.size(), 0.3, 1, "x"), dy = drawn<T>(s.pooled(), 0, 1, "dy"),
                 gain = drawn<T>(s.channels, 0.2, 1, "gain"), bias = drawn<T>(s.channels, 0, 1, "bias"),
                 mean = drawn<T>(statistics, 0, 1, "mean"), reciprocal = drawn<T>(statistics, 0.5, 0.1, "r"),
                 shift = drawn<T>(statistics, 0, 0.1, "shift"), mean_h = drawn<T>(statistics, 0, 1, "h"),
                 mean_product = drawn<T>(statistics, 0, 1, "product");
  std::vector<T> y = std::vector<T>(dy.size()), chosen = y, dx = std::vector<T>(x.size()),
                 sum = std::vector<T>(static_cast<std::size_t>(s.images * s.channels), T(9)), product = sum;

  PoolNormalization<T> normalization() const {
    return {mean.data(), reciprocal.data(), shift.data(),
            gain.data(), bias.data(),       s.shared ? 0 : s.channels};
  }
  void run() {
    norm_pool_forward(NormPoolForward<T>{x.data(), normalization(), y.data(), chosen.data(), s.images,
                                         s.height, s.width, s.channels, activation});
    norm_pool_sums(NormPoolSums<T>{chosen.data(), dy.data(), normalization(), sum.data(), product.data(),
                                   s.images, (s.height / 2) * (s.width / 2), s.channels, activation});
    norm_pool_backward(NormPoolBackward<T>{x.data(), dy.data(), normalization(), mean_h.data(),
                                           mean_product.data(), dx.data(), s.images, s.height, s.width,
                                           s.channels, activation});
  }
};

// The largest deviation of any result of the kernels from the formulas of kernels/norm/norm_pool.h.
template <class T>
double worst_error(const Case<T>& c) {
  const Images& s = c.s;
  const Index rows = s.height / 2, columns = s.width / 2;
  std::vector<double> g(c.x.size(), 0.0), n(c.x.size()), sum(c.sum.size(), 0.0), product = sum;
  const auto statistic = [&](Index image, Index channel) {
    return static_cast<std::size_t>((s.shared ? 0 : image * s.channels) + channel);
  };
  double worst = 0;
  for (Index i = 0; i < s.size(); ++i) {
    const auto k = statistic(i / (s.height * s.width * s.channels), i % s.channels);
    n[i] = (double(c.x[i]) - c.mean[k]) * c.reciprocal[k] + c.shift[k];
  }
  for (Index p = 0; p < s.pooled(); ++p) {
    const Index channel = p % s.channels, column = p / s.channels % columns,
                row = p / s.channels / columns % rows, image = p / s.channels / columns / rows;
    Index best = -1;
    Function largest{-std::numeric_limits<double>::infinity(), 0};
    for (const auto& [v, u] : {std::array<Index, 2>{0, 0}, {0, 1}, {1, 0}, {1, 1}}) {
      const Index at = ((image * s.height + 2 * row + v) * s.width + 2 * column + u) * s.channels + channel;
      const Function f = apply(c.activation, c.gain[channel] * n[at] + c.bias[channel]);
      if (f.value > largest.value) largest = f, best = at;
    }
    g[best] = c.dy[p] * largest.derivative;
    sum[image * s.channels + channel] += g[best];
    product[image * s.channels + channel] += g[best] * n[best];
    worst = worse(worst, c.y[p], largest.value);
    // Under relu any element of a window without a positive one will do: its gradient is zero.
    if (largest.derivative != 0) worst = worse(worst, c.chosen[p], c.x[best]);
  }
  for (std::size_t i = 0; i < sum.size(); ++i) {
    worst = worse(worse(worst, c.sum[i], sum[i]), c.product[i], product[i]);
  }
  for (Index i = 0; i < s.size(); ++i) {
    const Index channel = i % s.channels;
    const auto k = statistic(i / (s.height * s.width * s.channels), channel);
    worst = worse(worst, c.dx[i],
                  c.reciprocal[k] * (c.gain[channel] * g[i] - c.mean_h[k] - n[i] * c.mean_product[k]));
  }
  return worst;
}

template <class T>
void check_against_plain_loops(double tolerance) {
  for (const Images& s : all_images) {
    for (const auto f : all_activations) {
      CAPTURE(s.channels);
      CAPTURE(static_cast<int>(f));
      Case<T> c{s, f};
      c.run();
      CHECK(worst_error(c) < tolerance);
    }
  }
}

// Errors relative to the deviation, which is 1.
template <class T>
double worst_moments_error(double offset) {
  constexpr Index images = 3, positions = 131, channels = 69;
  const auto x = drawn<T>(images * positions * channels, offset, 1, "moments");
  std::vector<T> origin(images * channels), correction = origin, squares = origin;
  image_moments(ImageMoments<T>{x.data(), origin.data(), correction.data(), squares.data(), images, positions,
                                channels});
  double worst = 0;
  for (Index c = 0; c < channels; ++c) {
    double mean = 0, square = 0;
    for (Index r = 0; r < images * positions; ++r) mean += x[r * channels + c] / double(images * positions);
    for (Index r = 0; r < images * positions; ++r) square += std::pow(x[r * channels + c] - mean, 2);
    const auto all = common_moments(origin.data() + c, correction.data() + c, squares.data() + c, images,
                                    channels, positions);
    worst = worse(worst, double(all.mean) - mean + all.correction, 0);
    worst = worse(worst, all.variance, square / double(images * positions));
  }
  return worst;
}

}  // namespace

TEST_CASE("normalization with max pooling agrees with plain loops, in single precision") {
  on_every_target([] { check_against_plain_loops<float>(2e-5); });
}

TEST_CASE("normalization with max pooling agrees with plain loops, in double precision") {
  on_every_target([] { check_against_plain_loops<double>(1e-13); });
}

TEST_CASE("the input gradient of normalization with max pooling may take the place of the input") {
  for (const Images& s : all_images) {
    Case<float> apart{s, Activation::gelu}, in_place = apart;
    apart.run();
    norm_pool_backward(NormPoolBackward<float>{in_place.x.data(), in_place.dy.data(),
                                               in_place.normalization(), in_place.mean_h.data(),
                                               in_place.mean_product.data(), in_place.x.data(), s.images,
                                               s.height, s.width, s.channels, Activation::gelu});
    CHECK(in_place.x == apart.dx);
  }
}

TEST_CASE("what is not a number wins a window of max pooling, wherever it stands") {
  on_every_target([] {
    for (Index at = 0; at < 4; ++at) {
      Case<float> c{{1, 2, 2, 1, true}, Activation::identity};
      c.x[at] = std::numeric_limits<float>::quiet_NaN();
      c.run();
      CHECK(std::isnan(c.y[0]));
      CHECK(std::isnan(c.chosen[0]));
    }
  });
}

TEST_CASE("moments of images agree with plain loops, and far from zero as well") {
  on_every_target([] {
    CHECK(worst_moments_error<float>(0) < 1e-5);
    CHECK(worst_moments_error<float>(1e4) < 2e-5);
    CHECK(worst_moments_error<double>(0) < 1e-13);
  });
}

TEST_CASE("the mean square of an image agrees with plain loops") {
  on_every_target([] {
    const auto x = drawn<float>(1237, 0.5, 1, "square");
    double expected = 0;
    for (const float value : x) expected += double(value) * value / double(x.size());
    float square = 0;
    mean_square(MeanSquare<float>{x.data(), &square, static_cast<Index>(x.size())});
    CHECK(worse(0, square, expected) < 1e-6);
  });
}

}  // namespace normlab
