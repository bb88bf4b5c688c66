// The bias of a layer without normalization (and of one with weight norm), fused with the activation f.
//
//   y_rc = f(x_rc + bias_c)
#pragma once

#include "normlab/core/tensor.h"
#include "normlab/kernels/activation.h"

namespace normlab {

template <class T>
struct BiasForward {
  const T* x;     // (rows, channels)
  const T* bias;  // (channels)
  T* y;           // (rows, channels)
  Index rows, channels;
  Activation activation;
};

//   dx_rc = dy_rc f'(x_rc + bias_c),  dbias_c += sum_r dx_rc
template <class T>
struct BiasBackward {
  const T *x, *y, *dy;  // (rows, channels)
  const T* bias;        // (channels)
  T* dx;                // (rows, channels); may be dy itself
  T* dbias;             // (channels); added to
  Index rows, channels;
  Activation activation;
};

template <class T>
void bias_forward(const BiasForward<T>& arguments);
template <class T>
void bias_backward(const BiasBackward<T>& arguments);

}  // namespace normlab
