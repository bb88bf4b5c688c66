// A matrix product whose second operand stays the same for many products: it is packed once into the layout
// that the product's kernel reads fastest. The recurrent products of a sequence share their weights.
#pragma once

#include <memory>

#include "normlab/onednn/matrix_product.h"

namespace normlab {

// C = A op(B) as in MatrixProduct, with B packed.
template <class T>
class PackedProduct {
 public:
  explicit PackedProduct(const ProductShape& shape);
  ~PackedProduct();
  PackedProduct(PackedProduct&&) noexcept;
  PackedProduct& operator=(PackedProduct&&) noexcept;

  void pack(const T* b);  // b as the shape says; must come before the first product
  void operator()(const T* a, T* c) const;
  Index multiply_adds() const { return shape_.m * shape_.n * shape_.k; }

 private:
  struct Plan;
  ProductShape shape_;
  std::unique_ptr<Plan> plan_;
};

}  // namespace normlab
