// One time step of the tanh recurrence with batch normalization N of each column over the rows (samples), the
// two products apart as Cooijmans et al. 2016 normalize them in the LSTM:
//
//   h = tanh(N(W_ih x) gain_ih + N(W_hh h') gain_hh + bias)
//
// Columns are independent of each other: a call covers the hidden units [begin, end).
#pragma once

#include "normlab/kernels/cell_norm.h"

namespace normlab {

template <class T>
struct TanhCellBatchForward {
  const T *input, *recurrent;         // (rows, hidden): W_ih x and W_hh h'
  const T *gain_ih, *gain_hh, *bias;  // (hidden)
  T* hidden_state;                    // (rows, hidden): h
  ColumnNorm<T> input_norm, recurrent_norm;
  ColumnNormSettings<T> settings;
  Index rows, hidden, begin, end;
};

template <class T>
struct TanhCellBatchBackward {
  const T *hidden_state, *dhidden;  // (rows, hidden): h and dL/dh
  const T *input, *recurrent;       // (rows, hidden)
  T *dinput, *drecurrent;           // (rows, hidden): receive dL/d(W_ih x) and dL/d(W_hh h')
  const T *gain_ih, *gain_hh;       // (hidden)
  T *dgain_ih, *dgain_hh, *dbias;   // (hidden), added to
  ColumnNorm<T> input_norm, recurrent_norm;
  Index rows, hidden, begin, end;
};

template <class T>
void tanh_cell_batch_forward(const TanhCellBatchForward<T>& arguments);
template <class T>
void tanh_cell_batch_backward(const TanhCellBatchBackward<T>& arguments);

}  // namespace normlab
