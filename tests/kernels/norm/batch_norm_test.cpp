// The batch norm kernel against plain loops in double precision, on every instruction set of this machine.
#include "normlab/kernels/norm/batch_norm.h"

#include "kernels/reference.h"

namespace normlab {
namespace {

struct Case {
  Index rows, channels;
  double mean;     // of the inputs, whose deviation is 1
  double outlier;  // what is added to the first row
};

// Single rows, parts of vectors, more rows than are summed up together and more channels than are worked on
// together.
constexpr Case cases[] = {{1, 37, 0, 0},    {7, 5, 1, 0},      {64, 32, 0, 0},  {65, 33, -2, 0},
                          {200, 84, 0, 0},  {67, 1029, 0, 0},  {5, 2101, 0, 0}, {300, 21, 1e4, 0},
                          {32, 40, 1e4, 0}, {300, 21, 0, 1e3}, {1000, 3, 1, 0}};

constexpr double epsilon = 1e-5, momentum = 0.1;

// Runs on channels [begin, end) of the case, as one of several threads would.
template <class T>
struct Kernel {
  Case c;
  Activation activation;
  NormInput<T> in{c.rows * c.channels, c.channels, c.mean};
  std::vector<T> y = zeros<T>(c.rows * c.channels), dx = y, dgain = drawn<T>(c.channels, 0, 1, "overwritten"),
                 dbias = dgain, mean = zeros<T>(c.channels), reciprocal = mean, shift = mean,
                 running_mean = drawn<T>(c.channels, c.mean, 1, "running"),
                 running_variance = std::vector<T>(static_cast<std::size_t>(c.channels), T(1.5));

  Kernel(const Case& case_, Activation activation_) : c(case_), activation(activation_) {
    for (Index i = 0; i < c.channels; ++i) in.x[i] += static_cast<T>(c.outlier);
  }
  void forward(Index begin, Index end, bool training) {
    batch_norm_forward(BatchNormForward<T>{.x = in.x.data() + begin,
                                           .gain = in.gain.data() + begin,
                                           .bias = in.bias.data() + begin,
                                           .y = y.data() + begin,
                                           .mean = mean.data() + begin,
                                           .reciprocal_deviation = reciprocal.data() + begin,
                                           .shift = shift.data() + begin,
                                           .running_mean = running_mean.data() + begin,
                                           .running_variance = running_variance.data() + begin,
                                           .rows = c.rows,
                                           .channels = end - begin,
                                           .stride = c.channels,
                                           .epsilon = T(epsilon),
                                           .momentum = T(momentum),
                                           .activation = activation,
                                           .training = training});
  }
  void backward(Index begin, Index end) {
    batch_norm_backward(BatchNormBackward<T>{.x = in.x.data() + begin,
                                             .y = y.data() + begin,
                                             .dy = in.dy.data() + begin,
                                             .gain = in.gain.data() + begin,
                                             .bias = in.bias.data() + begin,
                                             .mean = mean.data() + begin,
                                             .reciprocal_deviation = reciprocal.data() + begin,
                                             .shift = shift.data() + begin,
                                             .dx = dx.data() + begin,
                                             .dgain = dgain.data() + begin,
                                             .dbias = dbias.data() + begin,
                                             .rows = c.rows,
                                             .channels = end - begin,
                                             .stride = c.channels,
                                             .activation = activation});
  }
  NormKind kind() const {
    return {c.channels, [channels = c.channels](Index i) { return i % channels; }, epsilon};
  }
};

template <class T>
double worst_training_error(const Case& c, Activation activation) {
  Kernel<T> k(c, activation);
  const std::vector<double> old_mean(k.running_mean.begin(), k.running_mean.end());
  k.forward(0, c.channels, true);
  k.backward(0, c.channels);
  const NormResult expected = normalized_plainly(k.kind(), k.in, activation);

  std::vector<double> running = means(k.kind(), {k.in.x.begin(), k.in.x.end()}),
                      variance = zeros<double>(c.channels);
  const double unbiased = 1.0 / std::max<double>(1, double(c.rows - 1));
  for (Index i = 0; i < c.rows * c.channels; ++i)
    variance[i % c.channels] += std::pow(k.in.x[i] - running[i % c.channels], 2) * unbiased;
  for (Index i = 0; i < c.channels; ++i) {
    running[i] = (1 - momentum) * old_mean[i] + momentum * running[i];
    variance[i] = (1 - momentum) * 1.5 + momentum * variance[i];
  }
  return worst_of_all({worst_of(k.y, expected.y), worst_of(k.dx, expected.dx),
                       worst_of(k.dgain, expected.dgain), worst_of(k.dbias, expected.dbias),
                       worst_of(k.running_mean, running), worst_of(k.running_variance, variance)});
}

template <class T>
double worst_evaluation_error(const Case& c, Activation activation) {
  Kernel<T> k(c, activation);
  const auto untouched = k.running_mean;
  k.forward(0, c.channels, false);
  if (k.running_mean != untouched) return std::nan("");
  NormKind kind = k.kind();
  kind.given_mean.assign(untouched.begin(), untouched.end());
  kind.given_variance.assign(untouched.size(), 1.5);
  return worst_of(k.y, normalized_plainly(kind, k.in, activation).y);
}

template <class T>
void check(double tolerance) {
  on_every_target([&] {
    for (const Case& c : cases) {
      for (const auto activation : all_activations) {
        INFO(c.rows << " x " << c.channels << ", mean " << c.mean << ", outlier " << c.outlier
                    << ", activation " << static_cast<int>(activation));
        CHECK(worst_training_error<T>(c, activation) < tolerance);
        CHECK(worst_evaluation_error<T>(c, activation) < tolerance);
      }
    }
  });
}

}  // namespace

TEST_CASE("the batch norm kernel computes its formulas, in single precision") {
  check<float>(5e-5);
}

TEST_CASE("the batch norm kernel computes its formulas, in double precision") {
  check<double>(1e-13);
}

TEST_CASE("the batch norm kernel computes the same however channels are divided among threads") {
  on_every_target([] {
    for (const Index split : {16, 48, 1024, 1040}) {
      const Case c{135, 1061, 3, 0};
      Kernel<float> whole(c, Activation::gelu), parts = whole;
      whole.forward(0, c.channels, true);
      whole.backward(0, c.channels);
      for (const auto& [begin, end] : {std::pair<Index, Index>{0, split}, {split, c.channels}}) {
        parts.forward(begin, end, true);
        parts.backward(begin, end);
      }
      CHECK(parts.y == whole.y);
      CHECK(parts.dx == whole.dx);
      CHECK(parts.dgain == whole.dgain);
      CHECK(parts.running_variance == whole.running_variance);
    }
  });
}

TEST_CASE("the batch norm kernel loses no accuracy when the first rows are far from all others") {
  // Sorted data: the first rows of a batch say little about the mean of all.
  Kernel<float> k({640, 9, 0, 0}, Activation::identity);
  for (Index i = 0; i < 100 * 9; ++i) k.in.x[i] += 1e4F;
  k.forward(0, 9, true);
  const NormResult expected = normalized_plainly(k.kind(), k.in, Activation::identity);
  CHECK(worst_of(k.y, expected.y) < 1e-6);
}

TEST_CASE("the batch norm kernel hides no value that is not a number") {
  on_every_target([] {
    Kernel<float> k({70, 20, 0, 0}, Activation::relu);
    k.in.x[66 * 20 + 17] = std::nanf("");
    k.forward(0, 20, true);
    k.backward(0, 20);
    for (Index row = 0; row < 70; ++row) {
      CHECK(std::isnan(k.y[row * 20 + 17]));
      CHECK(!std::isnan(k.y[row * 20 + 16]));
    }
    CHECK(std::isnan(k.running_mean[17]));
    CHECK(std::isnan(k.dx[17]));
  });
}

}  // namespace normlab
