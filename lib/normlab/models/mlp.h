// A feed-forward network: hidden layers of linear + normalization + activation, then a linear output layer.
#pragma once

#include "normlab/models/model.h"

namespace normlab {

// Returns (batch, outputs).
template <class T>
Value<T>& record_mlp(const ModelSpec& model, const NormSpec& norm, const TaskShape& task, ModelGraph<T>& out,
                     Parameters<T>& parameters);

}  // namespace normlab
