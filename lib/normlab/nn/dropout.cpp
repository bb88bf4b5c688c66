#include "normlab/nn/dropout.h"

#include "normlab/core/parallel.h"
#include "normlab/core/random.h"
#include "normlab/kernels/dropout.h"

namespace normlab {
namespace {

constexpr Index groups_of_a_thread = 256;  // 8192 numbers, as in nn/graph/row_threads.h

}  // namespace

template <class T>
Dropout<T>::Dropout(Value<T>& x, Value<T>& y, double rate, const std::string& layer,
                    const Parameters<T>& parameters)
    : x_(*this, x),
      y_(*this, y),
      parameters_(parameters),
      stream_(hash_name("dropout." + layer)),
      threshold_(static_cast<std::uint32_t>(rate * 0x1p32)),
      scale_(static_cast<T>(1 / (1 - rate))),
      kept_(static_cast<std::size_t>((x.data.size() + dropout_group - 1) / dropout_group)) {}

template <class T>
void Dropout<T>::forward() {
  parallel_for(static_cast<Index>(kept_.size()), groups_of_a_thread, [&](Index begin, Index end, int) {
    const Index at = begin * dropout_group;
    dropout_forward(DropoutForward<T>{.x = x_.data() + at,
                                      .y = y_.data() + at,
                                      .kept = kept_.data() + begin,
                                      .first_group = begin,
                                      .size = std::min(end * dropout_group, x_.size()) - at,
                                      .seed = parameters_.seed(),
                                      .stream = stream_,
                                      .step = parameters_.step(),
                                      .threshold = threshold_,
                                      .scale = scale_});
  });
}

template <class T>
void Dropout<T>::backward() {
  parallel_for(static_cast<Index>(kept_.size()), groups_of_a_thread, [&](Index begin, Index end, int) {
    const Index at = begin * dropout_group;
    dropout_backward(DropoutBackward<T>{.dy = y_.gradient() + at,
                                        .dx = x_.gradient() + at,
                                        .kept = kept_.data() + begin,
                                        .size = std::min(end * dropout_group, x_.size()) - at,
                                        .scale = scale_});
  });
}

template <class T>
Index Dropout<T>::kept_elements() const {
  const std::size_t bytes = kept_.size() * sizeof(std::uint32_t);
  return static_cast<Index>((bytes + sizeof(T) - 1) / sizeof(T));
}

// Back, it reads dy alone.
template <class T>
Traffic Dropout<T>::traffic() const {
  return {.moved = 4 * x_.size(), .footprint = 4 * x_.size()};
}

template <class T>
Value<T>& add_dropout(Graph<T>& graph, const Parameters<T>& parameters, const std::string& layer, Value<T>& x,
                      double rate) {
  if (rate == 0 || graph.mode() == Mode::evaluation) return x;
  auto& y = graph.value(x.data.shape());
  graph.template add<Dropout<T>>(x, y, rate, layer, parameters);
  return y;
}

template class Dropout<float>;
template Value<float>& add_dropout(Graph<float>&, const Parameters<float>&, const std::string&, Value<float>&,
                                   double);
#if NORMLAB_WITH_DOUBLE
template class Dropout<double>;
template Value<double>& add_dropout(Graph<double>&, const Parameters<double>&, const std::string&,
                                    Value<double>&, double);
#endif

}  // namespace normlab
