#include "normlab/core/tensor.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <utility>

namespace normlab {
namespace {

template <class T>
bool aligned(const Tensor<T>& tensor) {
  return reinterpret_cast<std::uintptr_t>(tensor.data()) % 64 == 0;
}

}  // namespace

TEST_CASE("tensors start at zero on a cache line, whatever their size") {
  for (const Index size : {1, 3, 15, 16, 17, 1000}) {
    const Tensor<float> single({size});
    const Tensor<double> twice({size, 2});
    CHECK(aligned(single));
    CHECK(aligned(twice));
    CHECK(std::all_of(single.span().begin(), single.span().end(), [](float x) { return x == 0; }));
    CHECK(std::all_of(twice.span().begin(), twice.span().end(), [](double x) { return x == 0; }));
  }
}

TEST_CASE("a tensor knows its shape and size") {
  const Tensor<float> tensor({2, 3, 4});
  CHECK(tensor.size() == 24);
  CHECK(tensor.dimension(1) == 3);
  CHECK(tensor.span().size() == 24);
  CHECK(to_string(tensor.shape()) == "[2, 3, 4]");
  CHECK(element_count({}) == 1);
  CHECK(Tensor<float>(Shape{}).size() == 1);
  CHECK(to_string(Shape{}) == "[]");
  CHECK(Tensor<float>().empty());
  CHECK(Tensor<float>({0, 5}).empty());
}

TEST_CASE("moving a tensor keeps the address of its elements") {
  Tensor<float> tensor({100});
  tensor[7] = 3;
  const float* address = tensor.data();
  const Tensor<float> moved = std::move(tensor);
  CHECK(moved.data() == address);
  CHECK(moved[7] == 3);
}

TEST_CASE("fill and copy_from set every element") {
  Tensor<float> a({5, 5}), b({5, 5});
  a.fill(2);
  b.copy_from(a);
  CHECK(std::all_of(b.span().begin(), b.span().end(), [](float x) { return x == 2; }));
}

}  // namespace normlab
