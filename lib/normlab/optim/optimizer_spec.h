// Settings of the update rule and of the learning rate over time.
#pragma once

#include "normlab/core/tensor.h"
#include "normlab/settings/visitor.h"

namespace normlab {

enum class OptimizerKind { sgd, momentum, adam, adamw };

struct OptimizerSpec {
  OptimizerKind kind = OptimizerKind::adam;
  double learning_rate = 1e-3;
  double momentum = 0.9;  // momentum only
  bool nesterov = false;  // momentum only
  double beta1 = 0.9;     // adam, adamw
  double beta2 = 0.999;   // adam, adamw
  double epsilon = 1e-8;  // adam, adamw
  double weight_decay =
      0;  // weights only, never gains and biases; decoupled for adamw, added to the gradient otherwise
};

// What an update rule starts from that does not suit all of them: most train badly at Adam's 1e-3.
void set_defaults(OptimizerSpec& optimizer);

// Those that have a meaning for the update rule.
void visit_settings(SettingVisitor& visitor, OptimizerSpec& optimizer);

enum class ScheduleKind { constant, step, cosine };

// The learning rate at step s (counted from 0) is optimizer.learning_rate * warmup(s) * schedule(s).
struct ScheduleSpec {
  ScheduleKind kind = ScheduleKind::constant;
  Index warmup_steps = 0;   // linear from 1/warmup_steps to 1
  double step_epochs = 10;  // step: multiply by `factor` every so many epochs
  double factor = 0.1;      // step
  double final_factor = 0;  // cosine: fraction of the learning rate that is left at the end of the budget
};

void visit_settings(SettingVisitor& visitor, ScheduleSpec& schedule);

// Names in configs, in the order of the enumerations.
const Names& optimizer_names();
const Names& schedule_names();

}  // namespace normlab
