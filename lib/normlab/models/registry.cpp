#include <algorithm>

#include "normlab/core/error.h"
#include "normlab/models/cnn.h"
#include "normlab/models/mlp.h"
#include "normlab/models/recurrent.h"

namespace normlab {

const std::vector<ModelSpec>& registered_models() {
  static const std::vector<ModelSpec> models{
      Mlp{},
      Recurrent{.cell = CellKind::tanh},
      Recurrent{.cell = CellKind::lstm},
      Recurrent{.cell = CellKind::gru},
      Cnn{},
  };
  return models;
}

const Names& model_names() {
  static const Names names = [] {
    Names found;
    found.reserve(registered_models().size());
    for (const ModelSpec& model : registered_models()) found.push_back(model->name());
    return found;
  }();
  return names;
}

const ModelSpec& find_model(std::string_view name, std::string_view field) {
  const auto found = std::find(model_names().begin(), model_names().end(), name);
  if (found == model_names().end()) refuse_name(field, name, model_names());
  return registered_models()[static_cast<std::size_t>(found - model_names().begin())];
}

ModelSpec::ModelSpec() : ModelSpec(registered_models().front()) {}

}  // namespace normlab
