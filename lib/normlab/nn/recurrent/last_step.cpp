#include "normlab/nn/recurrent/last_step.h"

namespace normlab {

template <class T>
LastStep<T>::LastStep(Value<T>& x, Value<T>& y, bool reverse)
    : x_(*this, x), y_(*this, y), offset_(reverse ? 0 : x.data.size() - y.data.size()) {}

template <class T>
void LastStep<T>::forward() {
  std::copy_n(x_.data() + offset_, y_.size(), y_.data());
}

template <class T>
void LastStep<T>::backward() {
  std::fill_n(x_.gradient(), x_.size(), T(0));
  std::copy_n(y_.gradient(), y_.size(), x_.gradient() + offset_);
}

template class LastStep<float>;
#if NORMLAB_WITH_DOUBLE
template class LastStep<double>;
#endif

}  // namespace normlab
