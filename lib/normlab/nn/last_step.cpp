#include "normlab/nn/last_step.h"

namespace normlab {

template <class T>
LastStep<T>::LastStep(Value<T>& x, Value<T>& y, bool reverse)
    : x_(x), y_(y), offset_(reverse ? 0 : x.data.size() - y.data.size()) {}

template <class T>
void LastStep<T>::forward() {
  std::copy_n(x_.data.data() + offset_, y_.data.size(), y_.data.data());
}

template <class T>
void LastStep<T>::backward() {
  x_.gradient.fill(T(0));
  std::copy_n(y_.gradient.data(), y_.gradient.size(), x_.gradient.data() + offset_);
}

template class LastStep<float>;
#if NORMLAB_WITH_DOUBLE
template class LastStep<double>;
#endif

}  // namespace normlab
