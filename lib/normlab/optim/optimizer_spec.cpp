#include "normlab/optim/optimizer_spec.h"

namespace normlab {

const Names& optimizer_names() {
  static const Names names{"sgd", "momentum", "adam", "adamw"};
  return names;
}

const Names& schedule_names() {
  static const Names names{"constant", "step", "cosine"};
  return names;
}

void set_defaults(OptimizerSpec& optimizer) {
  if (optimizer.kind == OptimizerKind::sgd) optimizer.learning_rate = 0.1;
  if (optimizer.kind == OptimizerKind::momentum) optimizer.learning_rate = 0.01;
  if (optimizer.kind == OptimizerKind::adamw) optimizer.weight_decay = 0.01;
}

void visit_settings(SettingVisitor& visitor, OptimizerSpec& optimizer) {
  visitor.number({.key = "learning_rate",
                  .meaning = "learning rate before the schedule",
                  .option = "--learning-rate",
                  .value = "RATE"},
                 optimizer.learning_rate, range::positive_single);
  if (optimizer.kind == OptimizerKind::momentum) {
    visitor.number({.key = "momentum", .meaning = "share of the last update in the next"}, optimizer.momentum,
                   range::half_open_unit_single);
    visitor.flag({.key = "nesterov", .meaning = "look ahead by the momentum (Nesterov)"}, optimizer.nesterov);
  }
  if (optimizer.kind == OptimizerKind::adam || optimizer.kind == OptimizerKind::adamw) {
    visitor.number({.key = "beta1", .meaning = "decay of the mean of gradients"}, optimizer.beta1,
                   range::half_open_unit_single);
    visitor.number({.key = "beta2", .meaning = "decay of the mean of squared gradients"}, optimizer.beta2,
                   range::half_open_unit_single);
    visitor.number({.key = "epsilon", .meaning = "added to the root of that mean"}, optimizer.epsilon,
                   range::positive_single);
  }
  visitor.number({.key = "weight_decay",
                  .meaning = "weight decay, of weights only, never of gains and biases; decoupled for adamw, "
                             "added to the gradient otherwise",
                  .option = "--weight-decay",
                  .value = "FACTOR",
                  .help = "weight decay, of weights only"},
                 optimizer.weight_decay, range::not_negative_single);
}

void visit_settings(SettingVisitor& visitor, ScheduleSpec& schedule) {
  visitor.integer({.key = "warmup_steps",
                   .meaning = "steps over which the learning rate rises linearly",
                   .option = "--warmup-steps",
                   .value = "STEPS"},
                  schedule.warmup_steps, 0);
  if (schedule.kind == ScheduleKind::step) {
    visitor.number({.key = "step_epochs", .meaning = "multiply by `factor` every so many epochs"},
                   schedule.step_epochs, range::positive);
    visitor.number({.key = "factor", .meaning = "what the learning rate is multiplied by"}, schedule.factor,
                   range::above_zero_to_one);
  }
  if (schedule.kind == ScheduleKind::cosine) {
    visitor.number({.key = "final_factor",
                    .meaning = "the fraction of the learning rate that is left at the end of the budget"},
                   schedule.final_factor, range::unit);
  }
}

}  // namespace normlab
