// One time step of the tanh recurrence on rows (samples), everything between two matrix products in one pass:
//
//   none:         h = tanh(s + bias),           s = W_ih x + W_hh h'
//   layer, rms:   h = tanh(N(s) gain + bias)    (Ba, Kiros, Hinton 2016, section 3.1, equation 4)
#pragma once

#include "normlab/kernels/cell_norm.h"

namespace normlab {

template <class T>
struct TanhCellForward {
  RowNorm norm;
  T* summed;               // (rows, hidden): s; under layer and rms becomes N(s)
  const T *gain, *bias;    // (hidden); gain not read under none
  T* hidden_state;         // (rows, hidden): h
  RowScaling<T>* scaling;  // (rows), kept for backward; not used under none
  Index rows, hidden;
  T epsilon;
};

template <class T>
struct TanhCellBackward {
  RowNorm norm;
  const T *hidden_state, *dhidden;  // (rows, hidden): h and dL/dh
  const T* summed;                  // (rows, hidden): as forward left it, not used under none
  T* dsummed;                       // (rows, hidden): receives dL/ds
  const T* gain;
  const RowScaling<T>* scaling;
  T *dgain, *dbias;  // (hidden), added to; dgain not used under none
  Index rows, hidden;
};

template <class T>
void tanh_cell_forward(const TanhCellForward<T>& arguments);
template <class T>
void tanh_cell_backward(const TanhCellBackward<T>& arguments);

}  // namespace normlab
