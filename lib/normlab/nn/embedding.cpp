#include "normlab/nn/embedding.h"

namespace normlab {

template <class T>
Embedding<T>::Embedding(Value<T>& table, Value<T>& y)
    : indices_(static_cast<std::size_t>(y.data.size() / table.data.dimension(1))),
      table_(*this, table, GradientWrite::can_add),
      y_(*this, y) {}

template <class T>
void Embedding<T>::forward() {
  const Index size = table_.dimension(1);
  T* y = y_.data();
  for (const std::int32_t index : indices_) y = std::copy_n(table_.data() + index * size, size, y);
}

template <class T>
void Embedding<T>::backward() {
  const Index size = table_.dimension(1);
  if (!table_.adds()) std::fill_n(table_.gradient(), table_.size(), T(0));
  const T* dy = y_.gradient();
  for (const std::int32_t index : indices_) {
    T* row = table_.gradient() + index * size;
    for (Index i = 0; i < size; ++i) row[i] += dy[i];
    dy += size;
  }
}

template class Embedding<float>;
#if NORMLAB_WITH_DOUBLE
template class Embedding<double>;
#endif

}  // namespace normlab
