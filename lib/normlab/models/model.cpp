#include "normlab/models/model.h"

#include <fmt/format.h>

#include "normlab/core/error.h"
#include "normlab/models/cnn.h"
#include "normlab/models/mlp.h"
#include "normlab/nn/normalization.h"

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
    default:
      return std::nullopt;
  }
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
    default:
      throw RunError("model: not built");
  }
  out->loss = &out->graph.template add<SoftmaxCrossEntropy<T>>(*logits);
  return out;
}

template <class T>
void reset_states(Parameters<T>& parameters, Mode mode) {
  for (auto& state : parameters.states()) {
    if (state.name.starts_with("evaluation.") == (mode == Mode::evaluation)) state.data.fill(T(0));
  }
}

template std::unique_ptr<ModelGraph<float>> record_model(const ModelSpec&, const NormSpec&, const TaskShape&,
                                                         Index, Mode, Parameters<float>&);
template std::unique_ptr<ModelGraph<double>> record_model(const ModelSpec&, const NormSpec&, const TaskShape&,
                                                          Index, Mode, Parameters<double>&);
template void reset_states(Parameters<float>&, Mode);
template void reset_states(Parameters<double>&, Mode);

}  // namespace normlab
