// One time step of the LSTM, everything between two matrix products in one pass:
//
//   plain:       a = W_ih x + W_hh h' + bias
//   normalized:  a = N(W_ih x) gain_ih + N(W_hh h') gain_hh + bias
//   i, f, o = sigmoid(a_i, a_f, a_o),  g = tanh(a_g)                    (gate order i, f, g, o)
//   c = f c' + i g
//   h = o tanh(c)                                                       (plain)
//   h = o tanh(N(c) gain_cell + bias_cell)                              (normalized; rms without bias_cell)
//
// Per row (layer: Ba, Kiros, Hinton 2016, supplement, equations 20-22; rms: the same without the mean) N is
// over all four gates' summed inputs of a sample together, or over each of the equal groups that they, and c,
// divide into. Per column it is batch normalization over the samples (Cooijmans et al. 2016, section 3,
// equations 6-8). Per element N(x) is tanh(alpha x), with one alpha for each of the three matrices.
//
// Widths: 4 hidden for summed inputs, gates and their gains and bias; hidden for states.
#pragma once

#include "normlab/kernels/recurrent/cell_norm.h"

namespace normlab {

// What the cell keeps of a time step beside c.
template <class T>
struct LstmState {
  T* gates = nullptr;      // (rows, 4 hidden): i, f, g, o; in a plain cell they may take the place of input.x
  T* tanh_cell = nullptr;  // (rows, hidden): tanh of the (normalized) c
  const T* previous_cell = nullptr;  // (rows, hidden): c'
};

template <class T>
struct LstmForward {
  CellNorm<T> norm;
  CellMatrix<T> input;           // W_ih x, plain: W_ih x + W_hh h'; per row becomes N of it
  CellMatrix<T> recurrent;       // W_hh h', likewise; not used by the plain cell
  CellMatrix<T> cell;            // receives c
  const T* bias;                 // (4 hidden)
  const T* bias_cell = nullptr;  // (hidden); not read by the plain cell and under rms
  LstmState<T> state;
  T* hidden_state;  // (rows, hidden): receives h
  Index rows, hidden;
  CellPart part;
  // Per row: gates and tanh_cell, which only backward reads, are written past the caches if rows consist of
  // whole aligned vectors.
  bool streaming = false;
};

// What forward kept is only read: where it is larger than the caches, it need not travel back to memory.
template <class T>
struct LstmBackward {
  CellNorm<T> norm;
  CellMatrix<T> input, recurrent, cell;  // as forward left them
  LstmState<T> state;
  const T* dhidden;        // (rows, hidden): dL/dh
  CellGradient<T> dinput;  // of the plain cell's sum, which has one gradient
  CellGradient<T> drecurrent;
  CellGradient<T> dcell;    // x: dL/dc from the next step; receives dL/dc'
  T* dbias;                 // (4 hidden), added to
  T* dbias_cell = nullptr;  // (hidden), added to; not used by the plain cell
  Index rows, hidden;
  CellPart part;
};

template <class T>
void lstm_forward(const LstmForward<T>& arguments);
template <class T>
void lstm_backward(const LstmBackward<T>& arguments);

}  // namespace normlab
