// Recurrent networks: layers of tanh, LSTM or GRU cells, then a linear output layer. Images become sequences
// and are classified by the last hidden state; text is read character by character and every hidden state
// predicts the next.
#pragma once

#include "normlab/models/model.h"

namespace normlab {

// Returns the logits: (batch, classes), or (window * batch, vocabulary) time-major for text.
template <class T>
Value<T>& record_recurrent(const ModelSpec& model, const NormSpec& norm, const TaskShape& task,
                           ModelGraph<T>& out, Parameters<T>& parameters);

}  // namespace normlab
