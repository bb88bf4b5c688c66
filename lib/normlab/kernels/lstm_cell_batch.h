// One time step of the LSTM with batch normalization N of each column over the rows (samples), as Cooijmans
// et al. 2016 define it (section 3, equations 6-8):
//
//   a = N(W_ih x) gain_ih + N(W_hh h') gain_hh + bias
//   i, f, o = sigmoid(a_i, a_f, a_o),  g = tanh(a_g)                    (gate order i, f, g, o)
//   c = f c' + i g
//   h = o tanh(N(c) gain_cell + bias_cell)
//
// Hidden units are independent of each other: a call covers the units [begin, end).
#pragma once

#include "normlab/kernels/cell_norm.h"

namespace normlab {

template <class T>
struct LstmBatchForward {
  const T *input, *recurrent;                           // (rows, 4 hidden): W_ih x and W_hh h'
  T* gates;                                             // (rows, 4 hidden): receives i, f, g, o
  const T *gain_ih, *gain_hh, *bias;                    // (4 hidden)
  const T *gain_cell, *bias_cell;                       // (hidden)
  const T* previous_cell;                               // (rows, hidden): c'
  T *cell, *tanh_cell, *hidden_state;                   // (rows, hidden): c, tanh of the normalized c, and h
  ColumnNorm<T> input_norm, recurrent_norm, cell_norm;  // of 4 hidden, 4 hidden and hidden columns
  ColumnNormSettings<T> settings;
  Index rows, hidden, begin, end;
};

template <class T>
struct LstmBatchBackward {
  const T* dhidden;                    // (rows, hidden): dL/dh
  T* dcell;                            // (rows, hidden): dL/dc from the next step; receives dL/dc'
  const T *gates, *input, *recurrent;  // (rows, 4 hidden)
  T *dinput, *drecurrent;              // (rows, 4 hidden): receive dL/d(W_ih x) and dL/d(W_hh h')
  T *cell, *tanh_cell;                 // (rows, hidden): destroyed
  const T* previous_cell;
  const T *gain_ih, *gain_hh, *gain_cell;
  T *dbias, *dgain_ih, *dgain_hh;  // (4 hidden), added to
  T *dgain_cell, *dbias_cell;      // (hidden), added to
  ColumnNorm<T> input_norm, recurrent_norm, cell_norm;
  Index rows, hidden, begin, end;
};

template <class T>
void lstm_batch_forward(const LstmBatchForward<T>& arguments);
template <class T>
void lstm_batch_backward(const LstmBatchBackward<T>& arguments);

}  // namespace normlab
