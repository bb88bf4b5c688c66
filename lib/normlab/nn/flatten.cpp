#include "normlab/nn/flatten.h"

#include "normlab/nn/graph/row_threads.h"

namespace normlab {
namespace {

// Each of the `count` matrices from (rows, columns) to (columns, rows).
template <class T>
void transpose(const T* in, T* out, Index count, Index rows, Index columns) {
  const Index length = rows * columns;
  parallel_for(count, row_grain(length), [&](Index begin, Index end, int) {
    for (Index k = begin; k < end; ++k) {
      for (Index j = 0; j < columns; ++j) {
        for (Index i = 0; i < rows; ++i) out[k * length + j * rows + i] = in[k * length + i * columns + j];
      }
    }
  });
}

}  // namespace

template <class T>
Flatten<T>::Flatten(Value<T>& x, Value<T>& y)
    : x_(*this, x),
      y_(*this, y),
      positions_(x.data.dimension(1) * x.data.dimension(2)),
      channels_(x.data.dimension(3)) {}

template <class T>
void Flatten<T>::forward() {
  transpose(x_.data(), y_.data(), x_.dimension(0), positions_, channels_);
}

template <class T>
void Flatten<T>::backward() {
  transpose(y_.gradient(), x_.gradient(), x_.dimension(0), channels_, positions_);
}

template class Flatten<float>;
#if NORMLAB_WITH_DOUBLE
template class Flatten<double>;
#endif

}  // namespace normlab
