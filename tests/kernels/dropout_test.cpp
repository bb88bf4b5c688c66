#include "normlab/kernels/dropout.h"

#include <doctest/doctest.h>
#include <hwy/highway.h>

#include <vector>

namespace normlab {
namespace {

// y, dx and the bits, at a size that ends within a group.
template <class T>
std::vector<T> dropped_on(std::int64_t target) {
  constexpr std::size_t size = 1000, groups = 32;
  std::vector<T> x(size, T(2)), y(size), dx(size);
  std::vector<std::uint32_t> kept(groups);
  hwy::SetSupportedTargetsForTest(target);
  dropout_forward(DropoutForward<T>{.x = x.data(),
                                    .y = y.data(),
                                    .kept = kept.data(),
                                    .first_group = 7,
                                    .size = size,
                                    .seed = 0xFEDCBA9876543210,
                                    .stream = 0x0123456789ABCDEF,
                                    .step = 99,
                                    .threshold = 0x40000000,
                                    .scale = T(4) / 3});
  dropout_backward(DropoutBackward<T>{
      .dy = x.data(), .dx = dx.data(), .kept = kept.data(), .size = size, .scale = T(4) / 3});
  hwy::SetSupportedTargetsForTest(0);
  CHECK(dx == y);
  y.insert(y.end(), kept.begin(), kept.end());
  return y;
}

template <class T>
void check_dropout_on_every_target() {
  const std::vector<T> best = dropped_on<T>(0);
  for (const auto target : hwy::SupportedAndGeneratedTargets()) {
    INFO(hwy::TargetName(target));
    CHECK(dropped_on<T>(target) == best);
  }
}

}  // namespace

TEST_CASE("dropout's numbers are the same on every instruction set") {
  check_dropout_on_every_target<float>();
  check_dropout_on_every_target<double>();
}

}  // namespace normlab
