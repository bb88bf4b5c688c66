#include "normlab/models/mlp.h"

#include "normlab/models/dense.h"

namespace normlab {

template <class T>
Value<T>& record_mlp(const ModelSpec& model, const NormSpec& norm, const TaskShape& task, ModelGraph<T>& out,
                     Parameters<T>& parameters) {
  const ImageShape& image = task.images();
  Value<T>* x = &out.graph.input({out.batch, image.height * image.width});
  out.buffers.add_images(input::images, *x, ImageLayout::flat);
  for (std::size_t i = 0; i < model.hidden.size(); ++i) {
    const std::string name = "hidden." + std::to_string(i);
    x = &add_dense_block(out.graph, parameters, name, *x, model.hidden[i], norm, model.activation);
  }
  return add_output_layer(out.graph, parameters, *x, x->data.size() / out.batch, task.outputs);
}

template Value<float>& record_mlp(const ModelSpec&, const NormSpec&, const TaskShape&, ModelGraph<float>&,
                                  Parameters<float>&);
#if NORMLAB_WITH_DOUBLE
template Value<double>& record_mlp(const ModelSpec&, const NormSpec&, const TaskShape&, ModelGraph<double>&,
                                   Parameters<double>&);
#endif

}  // namespace normlab
