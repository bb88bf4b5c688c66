// One time step of the LSTM on rows (samples), everything between two matrix products in one pass over a row:
//
//   none:   a = W_ih x + W_hh h' + bias
//   layer:  a = N(W_ih x) gain_ih + N(W_hh h') gain_hh + bias, N over all four gates' summed inputs together
//           (Ba, Kiros, Hinton 2016, supplement, equations 20-22); rms: the same without the mean
//   i, f, o = sigmoid(a_i, a_f, a_o),  g = tanh(a_g)                    (gate order i, f, g, o)
//   c = f c' + i g
//   h = o tanh(c)                                                       (none)
//   h = o tanh(N(c) gain_cell + bias_cell)                              (layer; rms without bias_cell)
//
// Widths: 4 hidden for summed inputs, gates and their gains and bias; hidden for states.
#pragma once

#include "normlab/kernels/cell_norm.h"

namespace normlab {

template <class T>
struct LstmForward {
  RowNorm norm;
  T *input, *recurrent;  // (rows, 4 hidden): W_ih x and W_hh h', become N of them; not used under none
  T* gates;              // (rows, 4 hidden): receives i, f, g, o; under none holds W_ih x + W_hh h' before
  const T *gain_ih, *gain_hh, *bias;   // (4 hidden); gains not read under none
  const T *gain_cell, *bias_cell;      // (hidden); not read under none, bias_cell only under layer
  const T* previous_cell;              // (rows, hidden): c'
  T *cell, *tanh_cell, *hidden_state;  // (rows, hidden): c, tanh of the (normalized) c, and h
  RowScaling<T>*input_scaling, *recurrent_scaling, *cell_scaling;  // (rows), kept for backward
  Index rows, hidden;
  T epsilon;
  // gates and tanh_cell, which only backward reads, are written past the caches if rows consist of whole
  // aligned vectors; not used under none
  bool streaming;
};

// What forward kept is only read: where it is larger than the caches, it need not travel back to memory.
template <class T>
struct LstmBackward {
  RowNorm norm;
  const T* dhidden;                           // (rows, hidden): dL/dh
  T* dcell;                                   // (rows, hidden): dL/dc from the next step; receives dL/dc'
  const T *gates, *input, *recurrent;         // (rows, 4 hidden): as forward left them
  const T *cell, *tanh_cell, *previous_cell;  // (rows, hidden)
  const T *gain_ih, *gain_hh, *gain_cell;
  const RowScaling<T>*input_scaling, *recurrent_scaling, *cell_scaling;
  T *dinput, *drecurrent;          // (rows, 4 hidden): receive dL/d(W_ih x) and dL/d(W_hh h'); under none
                                   // the two are equal, and only dinput is written
  T *dbias, *dgain_ih, *dgain_hh;  // (4 hidden), added to; gains not used under none
  T *dgain_cell, *dbias_cell;      // (hidden), added to; not used under none
  Index rows, hidden;
};

template <class T>
void lstm_forward(const LstmForward<T>& arguments);
template <class T>
void lstm_backward(const LstmBackward<T>& arguments);

}  // namespace normlab
