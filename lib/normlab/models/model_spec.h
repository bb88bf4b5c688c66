// What a network looks like, apart from its normalization. Only the fields of the named model are meaningful.
#pragma once

#include <string>
#include <vector>

#include "normlab/nn/norm_spec.h"

namespace normlab {

enum class ModelKind { mlp, rnn, lstm, gru, cnn };

inline bool is_recurrent(ModelKind kind) {
  return kind == ModelKind::rnn || kind == ModelKind::lstm || kind == ModelKind::gru;
}

// How an image becomes a sequence: one row a time step, or one pixel a time step.
enum class SequenceInput { rows, pixels };

struct ModelSpec {
  ModelKind kind = ModelKind::mlp;

  // mlp: sizes of the hidden layers. Preset "paper": 1000, 1000.
  std::vector<Index> hidden = {256, 256};
  // mlp, cnn
  Activation activation = Activation::relu;

  // rnn, lstm, gru
  Index layers = 1;
  Index hidden_size = 128;
  bool bidirectional = false;
  SequenceInput input = SequenceInput::rows;  // images only
  Index embedding = 64;                       // text only: size of a character's embedding
  Index window = 64;                          // text only: time steps of a truncated back-propagation window

  // cnn: each block is a list of 3x3 convolutions (their output channels), followed by 2x2 max pooling; then
  // the sizes of the dense hidden layers. Preset "vgg": {64,64},{128,128},{256,256,256} and 512.
  std::vector<std::vector<Index>> blocks = {{32}, {64}};
  std::vector<Index> dense = {128};
};

}  // namespace normlab
