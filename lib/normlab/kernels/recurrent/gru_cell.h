// One time step of the GRU, everything between two matrix products in one pass (gate order r, z, n as in
// PyTorch):
//
//   p = W_ih x + bias,  q = W_hh h'                                     (plain)
//   p = N(W_ih x) gain_ih + bias,  q = N(W_hh h') gain_hh               (normalized)
//   r, z = sigmoid(p_r + q_r, p_z + q_z)
//   n = tanh(p_n + r (q_n + bias_hn))
//   h = (1 - z) n + z h'
//
// Per row (layer: Ba, Kiros, Hinton 2016, supplement, GRU; rms: the same without the mean) the summed inputs
// of r and z together, 2 hidden values of W_ih x and as many of W_hh h', and those of the candidate n are
// four vectors, normalized each by itself or in equal groups. Per column it is batch normalization over the
// samples, as Cooijmans et al. 2016 normalize the LSTM. Per element N(x) is tanh(alpha x), with one alpha for
// W_ih x and one for W_hh h'.
#pragma once

#include "normlab/kernels/recurrent/cell_norm.h"

namespace normlab {

template <class T>
struct GruForward {
  CellNorm<T> norm;
  // W_ih x and W_hh h' (3 hidden), each of two vectors; per row they become N of them.
  CellMatrix<T> input, recurrent;
  const T* bias;     // (3 hidden)
  const T* bias_hn;  // (hidden)
  // Receives r, z, n in (rows, 3 hidden), may be input.x itself, in a plain cell; else r, z, n and normalized
  // q_n + bias_hn in (rows, 4 hidden).
  T* gates;
  const T* previous_hidden;  // (rows, hidden): h'
  T* hidden_state;           // (rows, hidden): h
  Index rows, hidden;
  CellPart part;
};

template <class T>
struct GruBackward {
  CellNorm<T> norm;
  CellMatrix<T> input, recurrent;  // as forward left them; input not used by the plain cell
  const T* bias_hn;                // (hidden)
  const T* gates;                  // likewise
  const T* previous_hidden;        // (rows, hidden): h'
  const T* dhidden;                // (rows, hidden): dL/dh
  T* dprevious_hidden;             // (rows, hidden): z dL/dh is added; null at the first step
  CellGradient<T> dinput, drecurrent;
  T* dbias;     // (3 hidden), added to
  T* dbias_hn;  // (hidden), added to
  Index rows, hidden;
  CellPart part;
};

template <class T>
void gru_forward(const GruForward<T>& arguments);
template <class T>
void gru_backward(const GruBackward<T>& arguments);

}  // namespace normlab
