// A model with its parameters and the graphs recorded for the batch sizes that a run meets.
#pragma once

#include <map>
#include <memory>

#include "normlab/models/model.h"
#include "normlab/train/run_data.h"

namespace normlab {

class Network {
 public:
  Network(const RunConfig& config, const TaskShape& shape);

  // Records graphs for every batch size of `source`, so that no graph is made while training.
  void prepare(const BatchSource& source, Mode mode);
  ModelGraph<float>& graph(Index batch, Mode mode);  // recorded now if it was not prepared

  // The task's metrics over one pass through `source`, in order, without training. In the mode `training`
  // with what that computes from the batch, changes of running statistics included.
  MetricValues evaluate(BatchSource& source, Mode mode = Mode::evaluation);

  Parameters<float>& parameters() { return parameters_; }
  const Task& task() const { return *shape_.task; }

 private:
  ModelSpec model_;
  NormSpec norm_;
  TaskShape shape_;
  Parameters<float> parameters_;
  std::map<std::pair<Mode, Index>, std::unique_ptr<ModelGraph<float>>> graphs_;
};

}  // namespace normlab
