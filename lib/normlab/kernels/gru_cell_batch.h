// One time step of the GRU with batch normalization N of each column over the rows (samples), as Cooijmans et
// al. 2016 normalize the LSTM (gate order r, z, n):
//
//   p = N(W_ih x) gain_ih + bias,  q = N(W_hh h') gain_hh
//   r, z = sigmoid(p_r + q_r, p_z + q_z)
//   n = tanh(p_n + r (q_n + bias_hn))
//   h = (1 - z) n + z h'
//
// Hidden units are independent of each other: a call covers the units [begin, end).
#pragma once

#include "normlab/kernels/cell_norm.h"

namespace normlab {

template <class T>
struct GruBatchForward {
  const T *input, *recurrent;         // (rows, 3 hidden): W_ih x and W_hh h'
  T* gates;                           // (rows, 4 hidden): receives r, z, n, q_n + bias_hn
  const T *gain_ih, *gain_hh, *bias;  // (3 hidden)
  const T* bias_hn;                   // (hidden)
  const T* previous_hidden;           // (rows, hidden): h'
  T* hidden_state;                    // (rows, hidden): h
  ColumnNorm<T> input_norm, recurrent_norm;
  ColumnNormSettings<T> settings;
  Index rows, hidden, begin, end;
};

template <class T>
struct GruBatchBackward {
  const T* dhidden;            // (rows, hidden): dL/dh
  const T* previous_hidden;    // (rows, hidden): h'
  T* dprevious_hidden;         // (rows, hidden): z dL/dh is added; null at the first step
  const T* gates;              // (rows, 4 hidden)
  const T *input, *recurrent;  // (rows, 3 hidden)
  T *dinput, *drecurrent;      // (rows, 3 hidden): receive dL/d(W_ih x) and dL/d(W_hh h')
  const T *gain_ih, *gain_hh;
  T *dbias, *dgain_ih, *dgain_hh;  // (3 hidden), added to
  T* dbias_hn;                     // (hidden), added to
  ColumnNorm<T> input_norm, recurrent_norm;
  Index rows, hidden, begin, end;
};

template <class T>
void gru_batch_forward(const GruBatchForward<T>& arguments);
template <class T>
void gru_batch_backward(const GruBatchBackward<T>& arguments);

}  // namespace normlab
