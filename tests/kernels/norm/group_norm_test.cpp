// The group norm kernel against plain loops in double precision, on every instruction set of this machine.
#include "normlab/kernels/norm/group_norm.h"

#include "kernels/reference.h"

namespace normlab {
namespace {

struct Case {
  Index samples, positions, channels, groups;
  double mean;  // of the inputs, whose deviation is 1
};

template <class T>
double worst_error(const Case& c, Activation activation) {
  const Index length = c.positions * c.channels, size = c.samples * length;
  NormInput<T> in(size, c.channels, c.mean);
  auto y = zeros<T>(size), dx = y, dgain = zeros<T>(c.channels), dbias = dgain;
  auto mean = zeros<T>(c.samples * c.channels), reciprocal = mean, shift = mean;
  auto scratch = zeros<T>(2 * c.channels);
  dgain.back() = dbias.front() = T(5);  // gradients are added up
  group_norm_forward(GroupNormForward<T>{in.x.data(), in.gain.data(), in.bias.data(), y.data(), mean.data(),
                                         reciprocal.data(), shift.data(), c.samples, c.positions, c.channels,
                                         c.groups, T(1e-5), activation});
  group_norm_backward(GroupNormBackward<T>{in.x.data(), y.data(), in.dy.data(), in.gain.data(),
                                           in.bias.data(), mean.data(), reciprocal.data(), shift.data(),
                                           dx.data(), dgain.data(), dbias.data(), scratch.data(), c.samples,
                                           c.positions, c.channels, c.groups, activation});
  const Index members = c.channels / c.groups;
  const NormKind kind{c.samples * c.groups,
                      [&](Index i) { return i / length * c.groups + i % c.channels / members; }, 1e-5};
  NormResult expected = normalized_plainly(kind, in, activation);
  expected.dgain.back() += 5;
  expected.dbias.front() += 5;
  return worst_of_all({worst_of(y, expected.y), worst_of(dx, expected.dx), worst_of(dgain, expected.dgain),
                       worst_of(dbias, expected.dbias)});
}

template <class T>
void check(double tolerance) {
  // One group, some, and as many as channels (instance norm); parts of vectors; more positions and channels
  // than are worked on together.
  const Case cases[] = {{2, 9, 32, 1, 0},    {3, 5, 84, 4, -2}, {2, 77, 84, 28, 0},  {1, 150, 21, 21, 0},
                        {2, 2, 1050, 10, 0}, {1, 1, 12, 3, 0},  {2, 70, 18, 6, 1e4}, {2, 70, 5, 5, 1e4}};
  on_every_target([&] {
    for (const Case& c : cases) {
      for (const auto activation : all_activations) {
        INFO(c.samples << " x " << c.positions << " x " << c.channels << ", " << c.groups << " groups, mean "
                       << c.mean << ", activation " << static_cast<int>(activation));
        CHECK(worst_error<T>(c, activation) < tolerance);
      }
    }
  });
}

}  // namespace

TEST_CASE("the group norm kernel computes its formulas, in single precision") {
  check<float>(2e-5);
}

TEST_CASE("the group norm kernel computes its formulas, in double precision") {
  check<double>(1e-13);
}

}  // namespace normlab
