// Recurrent networks: layers of tanh, LSTM or GRU cells, then a linear output layer. Images become sequences,
// and tokens are embedded. Of samples on their own the last hidden state predicts; of streams every one does.
#pragma once

#include "normlab/models/model_spec.h"
#include "normlab/nn/recurrent/recurrent.h"
#include "normlab/tasks/task.h"

namespace normlab {

// How an image becomes a sequence: one row a time step, or one pixel a time step.
enum class SequenceInput { rows, pixels };

struct Recurrent {
  CellKind cell = CellKind::lstm;
  Index layers = 1;
  Index hidden_size = 128;
  bool bidirectional = false;
  SequenceInput input = SequenceInput::rows;  // images only
  Index embedding = 64;                       // tokens only: size of their embedding
  Index window = 64;  // streams only: time steps of a truncated back-propagation window
  double dropout =
      0;  // of what a layer says to the next one, or to the output layer; never of its own states

  std::string name() const;
  // Blank rows of an image would leave the summed inputs without variance, which normalization blows up.
  ModelDefaults defaults() const { return {.standardize = true, .clip_gradient_norm = 1}; }
  bool reads(const Task& task) const { return task.reads(input::images) || task.reads(input::tokens); }
  void visit_settings(SettingVisitor& visitor, const Task& task);
  std::optional<std::string> undefined_reason(const Task& task) const;
  std::optional<std::string> undefined_reason(const NormSpec& norm, Index batch) const;
  template <class T>
  Value<T>& record(const NormSpec& norm, const TaskShape& task, ModelGraph<T>& out,
                   Parameters<T>& parameters) const;
  void count_memory(MemoryCount& count, const TaskShape& task) const;
  // Fewer where every sample is a long sequence, whose time steps are all kept in memory.
  Index evaluation_samples() const { return input == SequenceInput::pixels ? 32 : 256; }
};

}  // namespace normlab
