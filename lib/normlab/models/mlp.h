// A feed-forward network: hidden layers of linear + normalization + activation (+ dropout), then a linear
// output layer.
//
//   hidden.D.linear.weight (out, in), hidden.D.norm.weight (out), ..., output.weight, output.bias
#pragma once

#include <map>

#include "normlab/models/dense.h"
#include "normlab/models/model_spec.h"
#include "normlab/tasks/task.h"

namespace normlab {

struct Mlp {
  std::vector<Index> hidden = {256, 256};  // sizes of the hidden layers
  Activation activation = Activation::relu;
  double dropout = 0;  // after each activation

  std::string name() const { return "mlp"; }
  bool reads(const Task& task) const { return task.inputs == Names{std::string(input::images)}; }
  void visit_settings(SettingVisitor& visitor, const Task& task);
  std::map<std::string, Mlp> presets() const;
  std::optional<std::string> undefined_reason(const NormSpec& norm, Index batch) const;
  template <class T>
  Value<T>& record(const NormSpec& norm, const TaskShape& task, ModelGraph<T>& out,
                   Parameters<T>& parameters) const;
  void count_memory(MemoryCount& count, const TaskShape& task) const;

 private:
  DenseLayers layers() const { return {"hidden", hidden, activation, dropout}; }
};

}  // namespace normlab
