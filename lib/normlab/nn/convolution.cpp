#include "normlab/nn/convolution.h"

namespace normlab {

template <class T>
Conv2d<T>::Conv2d(Value<T>& x, Value<T>& weight, Value<T>& y, Index stride, Index padding)
    : x_(*this, x, GradientWrite::if_wanted),
      weight_(*this, weight),
      y_(*this, y),
      convolution_({.batch = x.data.dimension(0),
                    .in_channels = weight.data.dimension(1),
                    .out_channels = weight.data.dimension(0),
                    .height = x.data.dimension(1),
                    .width = x.data.dimension(2),
                    .kernel = weight.data.dimension(2),
                    .stride = stride,
                    .padding = padding},
                   {.src = x.wants_gradient() && y.wants_gradient(), .weights = y.wants_gradient()}) {}

template <class T>
void Conv2d<T>::forward() {
  convolution_.forward(x_.data(), weight_.data(), y_.data());
}

template <class T>
void Conv2d<T>::backward() {
  if (x_.wants_gradient()) {
    convolution_.backward_data(y_.gradient(), weight_.data(), x_.gradient());
  }
  convolution_.backward_weights(x_.data(), y_.gradient(), weight_.gradient());
}

template class Conv2d<float>;
#if NORMLAB_WITH_DOUBLE
template class Conv2d<double>;
#endif

}  // namespace normlab
