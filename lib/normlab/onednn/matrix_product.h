// Matrix products. A product is planned once (one oneDNN primitive, shared by equal plans) and run many
// times.
#pragma once

#include <memory>

#include "normlab/onednn/product_shapes.h"

namespace normlab {

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
