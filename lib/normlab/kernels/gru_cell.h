// One time step of the GRU on rows (samples), everything between two matrix products in one pass over a row
// (gate order r, z, n as in PyTorch):
//
//   r, z = sigmoid(p_r + q_r + b_r, p_z + q_z + b_z),  p = W_ih x,  q = W_hh h'
//   n = tanh(p_n + b_n + r (q_n + bias_hn))
//   h = (1 - z) n + z h'
//
// layer (Ba, Kiros, Hinton 2016, supplement, GRU): the summed inputs of r and z together, 2 hidden values of
// p and as many of q, and those of the candidate n, p_n and q_n, are four vectors normalized each by itself
// and scaled by gain_ih and gain_hh; rms: the same without the mean.
#pragma once

#include "normlab/kernels/cell_norm.h"

namespace normlab {

// The scalings of the four normalized vectors of one row.
template <class T>
struct GruRowScaling {
  RowScaling<T> input_gates, recurrent_gates, input_candidate, recurrent_candidate;
};

template <class T>
struct GruForward {
  RowNorm norm;
  T *input, *recurrent;  // (rows, 3 hidden): p and q; unless under none, become their normalized values
  T* gates;              // receives r, z, n in (rows, 3 hidden), may be input itself, under none;
                         // else r, z, n and normalized q_n + bias_hn in (rows, 4 hidden)
  const T *gain_ih, *gain_hh, *bias;  // (3 hidden); gains not read under none
  const T* bias_hn;                   // (hidden)
  const T* previous_hidden;           // (rows, hidden): h'
  T* hidden_state;                    // (rows, hidden): h
  GruRowScaling<T>* scaling;          // (rows), kept for backward; not used under none
  Index rows, hidden;
  T epsilon;
};

template <class T>
struct GruBackward {
  RowNorm norm;
  const T* dhidden;                    // (rows, hidden): dL/dh
  const T* previous_hidden;            // (rows, hidden): h'
  T* dprevious_hidden;                 // (rows, hidden): z dL/dh is added; null at the first step
  const T *gates, *input, *recurrent;  // as forward left them; input not used under none
  T *dinput, *drecurrent;              // (rows, 3 hidden): receive dL/dp and dL/dq
  const T *gain_ih, *gain_hh;
  const T* bias_hn;
  const GruRowScaling<T>* scaling;
  T *dbias, *dgain_ih, *dgain_hh;  // (3 hidden), added to; gains not used under none
  T* dbias_hn;                     // (hidden), added to
  Index rows, hidden;
};

template <class T>
void gru_forward(const GruForward<T>& arguments);
template <class T>
void gru_backward(const GruBackward<T>& arguments);

}  // namespace normlab
