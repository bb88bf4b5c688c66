// How recurrent cells normalize the summed inputs inside them. A row is one sample's vector at one time step.
#pragma once

#include "normlab/core/tensor.h"
#include "normlab/kernels/normalization.h"

namespace normlab {

// Normalizations that look at one row at a time: layer (Ba, Kiros, Hinton 2016) or rms (Zhang & Sennrich
// 2019).
enum class RowNorm { none, layer, rms };

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

// What the columns of all matrices of a cell have in common.
template <class T>
struct ColumnNormSettings {
  T epsilon, momentum;
  bool training;
};

}  // namespace normlab
