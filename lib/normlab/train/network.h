// A model with its parameters and the graphs recorded for the batch sizes that a run meets.
#pragma once

#include <map>
#include <memory>

#include "normlab/train/task.h"

namespace normlab {

class Network {
 public:
  Network(const RunConfig& config, const TaskShape& shape);

  // Records graphs for every batch size of `source`, so that no graph is made while training.
  void prepare(const BatchSource& source, Mode mode);
  ModelGraph<float>& graph(Index batch, Mode mode);  // recorded now if it was not prepared

  // One pass over `source`, in order, without training.
  Metrics evaluate(BatchSource& source);

  Parameters<float>& parameters() { return parameters_; }

 private:
  ModelSpec model_;
  NormSpec norm_;
  TaskShape shape_;
  Parameters<float> parameters_;
  std::map<std::pair<Mode, Index>, std::unique_ptr<ModelGraph<float>>> graphs_;
};

// Mean loss and error of what was summed.
Metrics mean(const ClassificationSums& sums);

}  // namespace normlab
