#include "normlab/nn/norm/weight_norm.h"

#include "normlab/core/parallel.h"
#include "normlab/kernels/norm/weight_norm.h"
#include "normlab/nn/graph/row_threads.h"

namespace normlab {

template <class T>
WeightNorm<T>::WeightNorm(Value<T>& v, Value<T>& g, Value<T>& w)
    : v_(*this, v),
      g_(*this, g),
      w_(*this, w),
      rows_(v.data.dimension(0)),
      columns_(v.data.size() / rows_),
      reciprocal_norm_({rows_}) {}

template <class T>
void WeightNorm<T>::forward() {
  parallel_for(rows_, row_grain(columns_), [&](Index begin, Index end, int) {
    const Index offset = begin * columns_;
    weight_norm_forward(WeightNormForward<T>{.v = v_.data() + offset,
                                             .g = g_.data() + begin,
                                             .w = w_.data() + offset,
                                             .reciprocal_norm = reciprocal_norm_.data() + begin,
                                             .rows = end - begin,
                                             .columns = columns_});
  });
}

template <class T>
void WeightNorm<T>::backward() {
  parallel_for(rows_, row_grain(columns_), [&](Index begin, Index end, int) {
    const Index offset = begin * columns_;
    weight_norm_backward(WeightNormBackward<T>{.v = v_.data() + offset,
                                               .g = g_.data() + begin,
                                               .dw = w_.gradient() + offset,
                                               .reciprocal_norm = reciprocal_norm_.data() + begin,
                                               .dv = v_.gradient() + offset,
                                               .dg = g_.gradient() + begin,
                                               .rows = end - begin,
                                               .columns = columns_});
  });
}

template <class T>
Value<T>& add_weight_norm(Graph<T>& graph, Parameters<T>& parameters, const std::string& name_g,
                          Parameter<T>& v) {
  Shape gain_shape(v.data.shape().size(), 1);
  gain_shape[0] = v.data.dimension(0);
  auto& g = parameters.row_norms(name_g, v, gain_shape);
  auto& w = graph.value(v.data.shape());
  graph.template add<WeightNorm<T>>(v, g, w);
  return w;
}

template class WeightNorm<float>;
template Value<float>& add_weight_norm(Graph<float>&, Parameters<float>&, const std::string&,
                                       Parameter<float>&);
#if NORMLAB_WITH_DOUBLE
template class WeightNorm<double>;
template Value<double>& add_weight_norm(Graph<double>&, Parameters<double>&, const std::string&,
                                        Parameter<double>&);
#endif

}  // namespace normlab
