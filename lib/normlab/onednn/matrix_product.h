// Matrix products. A product is planned once (one oneDNN primitive, shared by equal plans) and run many
// times.
#pragma once

#include <memory>

#include "normlab/core/tensor.h"

namespace normlab {

// C (m x n) = op(A) (m x k) * op(B) (k x n), all row-major; with `accumulate`, C += instead.
// Leading dimensions count elements between rows as stored; 0 means tightly packed.
struct ProductShape {
  Index m = 0, n = 0, k = 0;
  bool transpose_a = false;  // A is stored k x m
  bool transpose_b = false;  // B is stored n x k
  bool accumulate = false;
  Index lda = 0, ldb = 0, ldc = 0;
  auto operator<=>(const ProductShape&) const = default;
};

// float runs through oneDNN, few rows times a transposed B through a kernel of our own; double is a plain
// loop, for checking gradients.
template <class T>
class MatrixProduct {
 public:
  explicit MatrixProduct(const ProductShape& shape);
  ~MatrixProduct();
  MatrixProduct(MatrixProduct&&) noexcept;
  MatrixProduct& operator=(MatrixProduct&&) noexcept;

  void operator()(const T* a, const T* b, T* c) const;
  const ProductShape& shape() const { return shape_; }
  Index multiply_adds() const { return shape_.m * shape_.n * shape_.k; }

 private:
  struct Plan;
  ProductShape shape_;
  std::unique_ptr<Plan> plan_;  // null where oneDNN is not used
};

}  // namespace normlab
