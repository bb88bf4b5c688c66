// One time step of the tanh recurrence, everything between two matrix products in one pass:
//
//   plain:       h = tanh(s + bias),           s = W_ih x + W_hh h'
//   per row:     h = tanh(N(s) gain + bias)    (layer: Ba, Kiros, Hinton 2016, section 3.1, equation 4; rms;
//                                               or N over each of the equal groups that s divides into)
//   per element: h = tanh(tanh(alpha s) gain + bias)
//   per column:  h = tanh(N(W_ih x) gain_ih + N(W_hh h') gain_hh + bias)
//
// Per column it is batch normalization over the samples, of the two products apart as Cooijmans et al. 2016
// normalize them in the LSTM.
#pragma once

#include "normlab/kernels/recurrent/cell_norm.h"

namespace normlab {

template <class T>
struct TanhCellForward {
  CellNorm<T> norm;
  CellMatrix<T> input;      // (hidden) s, per row becomes N(s); per column W_ih x
  CellMatrix<T> recurrent;  // (hidden) W_hh h'; used per column only
  const T* bias;            // (hidden)
  T* hidden_state;          // (rows, hidden): h
  Index rows, hidden;
  CellPart part;
};

template <class T>
struct TanhCellBackward {
  CellNorm<T> norm;
  CellMatrix<T> input, recurrent;      // as forward left them
  const T *hidden_state, *dhidden;     // (rows, hidden): h and dL/dh
  CellGradient<T> dinput, drecurrent;  // drecurrent is used per column only
  T* dbias;                            // (hidden), added to
  Index rows, hidden;
  CellPart part;
};

template <class T>
void tanh_cell_forward(const TanhCellForward<T>& arguments);
template <class T>
void tanh_cell_backward(const TanhCellBackward<T>& arguments);

}  // namespace normlab
