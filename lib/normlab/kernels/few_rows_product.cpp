#include "normlab/kernels/few_rows_product.h"

#include "normlab/kernels/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "normlab/kernels/few_rows_product.cpp"
#include <hwy/foreach_target.h>

#include "normlab/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

// Sums that a tile keeps in registers. Four columns hide the latency of the additions and load each element
// of A for four uses; where x86 has 16 registers, four rows or more spill then (measured with AVX2: 73 us
// instead of 57 for 4 x 1000 x 784).
constexpr int tile_columns(int rows) {
  constexpr bool few_registers = HWY_ARCH_X86 && HWY_TARGET > HWY_AVX3;
  return few_registers && rows > 3 ? 2 : 4;
}

// All `rows` rows of A with `columns` rows of B from row j on: one vector of sums for each element of C.
template <int rows, int columns, class T>
HWY_INLINE void product_tile(const FewRowsProduct<T>& p, Index j) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  V sums[rows][columns];
  for (auto& row : sums) {
    for (V& sum : row) sum = hn::Zero(d);
  }
  const T* b = p.b + j * p.ldb;
  for_each_vector(d, p.k, [&](auto access, Index l) HWY_ATTR {
    V factors[columns];
    for (int c = 0; c < columns; ++c) factors[c] = access.load(b + c * p.ldb + l);
    for (int r = 0; r < rows; ++r) {
      const V x = access.load(p.a + r * p.lda + l);
      for (int c = 0; c < columns; ++c) sums[r][c] = hn::MulAdd(x, factors[c], sums[r][c]);
    }
  });
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < columns; ++c) p.c[r * p.ldc + j + c] = sum_of_lanes(d, sums[r][c]);
  }
}

template <int rows, class T>
HWY_NOINLINE void product_of_rows(const FewRowsProduct<T>& p) {
  constexpr int columns = tile_columns(rows);
  Index j = 0;
  for (; j + columns <= p.n; j += columns) product_tile<rows, columns>(p, j);
  for (; j < p.n; ++j) product_tile<rows, 1>(p, j);
}

template <class T>
void few_rows_product(const FewRowsProduct<T>& p) {
  switch (p.m) {
    case 1:
      return product_of_rows<1>(p);
    case 2:
      return product_of_rows<2>(p);
    case 3:
      return product_of_rows<3>(p);
    case 4:
      return product_of_rows<4>(p);
    case 5:
      return product_of_rows<5>(p);
    case 6:
      return product_of_rows<6>(p);
    case few_rows:
      return product_of_rows<few_rows>(p);
    default:
      HWY_ASSERT(false);
  }
}

NORMLAB_TARGET_KERNEL(few_rows_product, FewRowsProduct)

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace normlab {
NORMLAB_EXPORT_KERNEL(few_rows_product, FewRowsProduct)
}  // namespace normlab
#endif
