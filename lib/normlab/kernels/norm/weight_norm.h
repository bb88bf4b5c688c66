// Weight normalization (Salimans & Kingma 2016, equation 2): every row of a weight matrix, the incoming
// weights of one unit or output channel, is a direction and a length.
//
//   w_ij = g_i v_ij / ||v_i||,  ||v_i|| = sqrt(sum_j v_ij^2)
#pragma once

#include "normlab/core/tensor.h"

namespace normlab {

template <class T>
struct WeightNormForward {
  const T *v, *g;      // (rows, columns), (rows)
  T* w;                // (rows, columns)
  T* reciprocal_norm;  // (rows): 1 / ||v_i||, kept for backward
  Index rows, columns;
};

// Equation 3:
//   dg_i = sum_j dw_ij v_ij / ||v_i||
//   dv_ij = g_i / ||v_i|| (dw_ij - dg_i v_ij / ||v_i||)
template <class T>
struct WeightNormBackward {
  const T *v, *g, *dw, *reciprocal_norm;
  T *dv, *dg;  // overwritten
  Index rows, columns;
};

template <class T>
void weight_norm_forward(const WeightNormForward<T>& arguments);
template <class T>
void weight_norm_backward(const WeightNormBackward<T>& arguments);

}  // namespace normlab
