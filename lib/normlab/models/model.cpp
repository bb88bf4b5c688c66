#include "normlab/models/model.h"

#include "normlab/models/cnn.h"
#include "normlab/models/mlp.h"
#include "normlab/models/recurrent.h"
#include "normlab/nn/normalization.h"
#include "normlab/nn/recurrent.h"

namespace normlab {
namespace {

std::optional<std::string> undefined_in_mlp(const ModelSpec& model, const NormSpec& norm, Index batch) {
  for (const Index width : model.hidden) {
    if (auto reason =
            undefined_reason(norm, NormGeometry{.batch = batch, .positions = 1, .channels = width})) {
      return "norm on the mlp's hidden layers: " + *reason;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> undefined_reason(const ModelSpec& model, const NormSpec& norm, Index batch) {
  switch (model.kind) {
    case ModelKind::mlp:
      return undefined_in_mlp(model, norm, batch);
    case ModelKind::cnn:
      return undefined_in_cnn(model, norm, batch);
    case ModelKind::rnn:
    case ModelKind::lstm:
    case ModelKind::gru:
      return recurrent_undefined_reason(norm, batch);
  }
  return std::nullopt;
}

template <class T>
std::unique_ptr<ModelGraph<T>> record_model(const ModelSpec& model, const NormSpec& norm,
                                            const TaskShape& task, Index batch, Mode mode,
                                            Parameters<T>& parameters) {
  auto out = std::make_unique<ModelGraph<T>>(mode);
  out->batch = batch;
  Value<T>* logits = nullptr;
  switch (model.kind) {
    case ModelKind::mlp:
      logits = &record_mlp(model, norm, task, *out, parameters);
      break;
    case ModelKind::cnn:
      logits = &record_cnn(model, norm, task, *out, parameters);
      break;
    case ModelKind::rnn:
    case ModelKind::lstm:
    case ModelKind::gru:
      logits = &record_recurrent(model, norm, task, *out, parameters);
      break;
  }
  out->loss = task.task->template add_loss<T>()(out->graph, *logits, out->buffers);
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
