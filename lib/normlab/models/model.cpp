#include "normlab/models/model.h"

namespace normlab {

template <class T>
std::unique_ptr<ModelGraph<T>> record_model(const ModelSpec& model, const NormSpec& norm,
                                            const TaskShape& task, Index batch, Mode mode,
                                            Parameters<T>& parameters) {
  auto out = std::make_unique<ModelGraph<T>>(mode);
  out->batch = batch;
  Value<T>& output = model->record(norm, task, *out, parameters);
  out->loss = task.task->template add_loss<T>()(out->graph, output, out->buffers);
  out->graph.finish();
  return out;
}

template std::unique_ptr<ModelGraph<float>> record_model(const ModelSpec&, const NormSpec&, const TaskShape&,
                                                         Index, Mode, Parameters<float>&);
#if NORMLAB_WITH_DOUBLE
template std::unique_ptr<ModelGraph<double>> record_model(const ModelSpec&, const NormSpec&, const TaskShape&,
                                                          Index, Mode, Parameters<double>&);
#endif

}  // namespace normlab
