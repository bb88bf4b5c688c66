// The product of a small batch with a transposed matrix: every row of B is read once, for all rows of A.
//
//   C[i, j] = sum over l of A[i, l] B[j, l]
//
// with A (m x k), B (n x k), C (m x n). Libraries pack B for products of many rows, which takes longer than
// so few rows are worth. Each element is summed up in the same order whatever m and n are.
#pragma once

#include "normlab/core/tensor.h"

namespace normlab {

inline constexpr Index few_rows = 7;  // the most rows that A may have

// Leading dimensions count elements between rows.
template <class T>
struct FewRowsProduct {
  const T *a, *b;
  T* c;
  Index m, n, k;
  Index lda, ldb, ldc;
};

template <class T>
void few_rows_product(const FewRowsProduct<T>& arguments);

}  // namespace normlab
