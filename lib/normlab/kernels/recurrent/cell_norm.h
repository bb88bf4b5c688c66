// How recurrent cells normalize what is inside them. A row is one sample's vector at one time step.
#pragma once

#include "normlab/core/tensor.h"
#include "normlab/kernels/norm/normalization.h"

namespace normlab {

// What normalizes one row.
template <class T>
using RowScaling = Normalization<T>;

// Batch normalization of a (rows, columns) matrix at one time step (Cooijmans et al. 2016): each column by
// itself. mean, reciprocal and shift are as in RowScaling, written by the forward pass for the backward pass.
template <class T>
struct ColumnNorm {
  T *mean, *reciprocal, *shift;        // (columns)
  T *running_mean, *running_variance;  // (columns): updated in training, used in evaluation
};

// A recurrent cell is its gate arithmetic with a side: whose values share statistics where it normalizes.
enum class CellSide {
  plain,        // nobody's: nothing is normalized
  per_row,      // those of a sample
  per_column,   // those of a unit, over the samples
  per_element,  // nobody's: dynamic tanh stands in the place of a normalization
};

// What all matrices of a cell have in common.
template <class T>
struct CellNorm {
  CellSide side = CellSide::plain;
  RowNorm row = RowNorm::none;  // per row: layer or rms
  Index groups = 1;             // per row, layer: into how many groups each normalized vector divides
  T epsilon = 0;
  T momentum = 0;        // per column: of the running statistics
  bool training = true;  // per column: whether these are updated, or used
};

// What one call of a kernel covers: rows [begin, end), or per column the hidden units [begin, end). Neither
// looks at the others.
struct CellPart {
  Index begin = 0, end = 0;
};

// A matrix that a cell normalizes, and what it learns of it: W_ih x, W_hh h' or c.
template <class T>
struct CellMatrix {
  T* x = nullptr;  // (rows, width)
  Index width = 0;
  const T* gain = nullptr;           // (width); not read by a plain cell
  T alpha = 0;                       // per element
  RowScaling<T>* scaling = nullptr;  // per row (rows, vectors): forward keeps them for backward
  Index vectors = 1;                 // per row: how many vectors or groups of a row share statistics
  ColumnNorm<T> columns = {};        // per column
};

template <class T>
struct CellGradient {
  T* x = nullptr;      // (rows, width): receives dL/dx
  T* gain = nullptr;   // (width): dL/dgain is added; not used by a plain cell
  T* alpha = nullptr;  // per element, a single number: dL/dalpha is added
};

}  // namespace normlab
