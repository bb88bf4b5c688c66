// Recurrent networks: layers of tanh, LSTM or GRU cells, then a linear output layer. Images become sequences,
// and tokens are embedded. Of samples on their own the last hidden state predicts; of streams every one does.
#pragma once

#include "normlab/models/model.h"

namespace normlab {

// Returns (batch, outputs), or (window * batch, outputs) time-major for streams.
template <class T>
Value<T>& record_recurrent(const ModelSpec& model, const NormSpec& norm, const TaskShape& task,
                           ModelGraph<T>& out, Parameters<T>& parameters);

}  // namespace normlab
