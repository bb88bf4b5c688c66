#include "normlab/nn/max_pool.h"

#include "normlab/kernels/max_pool.h"
#include "normlab/nn/normalization.h"

namespace normlab {

template <class T>
MaxPool<T>::MaxPool(Value<T>& x, Value<T>& y)
    : x_(x), y_(y), choice_(y.wants_gradient() ? Tensor<T>(y.data.shape()) : Tensor<T>()) {}

template <class T>
void MaxPool<T>::forward() {
  const Shape& shape = x_.data.shape();
  const Index x_length = x_.data.size() / shape[0], y_length = y_.data.size() / shape[0];
  parallel_for(shape[0], row_grain(x_length), [&](Index begin, Index end, int) {
    max_pool_forward(
        MaxPoolForward<T>{.x = x_.data.data() + begin * x_length,
                          .y = y_.data.data() + begin * y_length,
                          .choice = choice_.empty() ? nullptr : choice_.data() + begin * y_length,
                          .images = end - begin,
                          .height = shape[1],
                          .width = shape[2],
                          .channels = shape[3]});
  });
}

template <class T>
void MaxPool<T>::backward() {
  const Shape& shape = x_.data.shape();
  const Index x_length = x_.data.size() / shape[0], y_length = y_.data.size() / shape[0];
  parallel_for(shape[0], row_grain(x_length), [&](Index begin, Index end, int) {
    max_pool_backward(MaxPoolBackward<T>{.choice = choice_.data() + begin * y_length,
                                         .dy = y_.gradient.data() + begin * y_length,
                                         .dx = x_.gradient.data() + begin * x_length,
                                         .images = end - begin,
                                         .height = shape[1],
                                         .width = shape[2],
                                         .channels = shape[3]});
  });
}

template class MaxPool<float>;
template class MaxPool<double>;

}  // namespace normlab
