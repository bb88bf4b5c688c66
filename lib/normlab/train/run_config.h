// Everything that determines the numbers of one training run. Two runs with equal configs on one machine give
// equal records, times aside.
#pragma once

#include <optional>
#include <string>

#include "normlab/data/dataset_spec.h"
#include "normlab/models/model_spec.h"
#include "normlab/nn/graph/init_spec.h"
#include "normlab/nn/norm/norm_spec.h"
#include "normlab/optim/optimizer_spec.h"
#include "normlab/train/target.h"

namespace normlab {

// At least one is set; the first that is used up ends the run.
struct Budget {
  double epochs = 0;   // 0: no limit
  Index steps = 0;     // 0: no limit
  double seconds = 0;  // of the training clock; 0: no limit
  Index samples = 0;   // trained on (characters of a text), the same ones of several epochs too; 0: no limit
};

void visit_settings(SettingVisitor& visitor, Budget& budget);

// How many steps and samples of the data an epoch has.
struct EpochLength {
  Index steps = 1, samples = 1;
  Index batch_samples = 1;  // of every batch but an epoch's last one, which may have fewer
};

// The step at which the budget is used up: the first one behind so many epochs, or samples. The largest Index
// where the budget counts seconds alone.
Index last_step(const Budget& budget, const EpochLength& epoch);

// How often the validation set is evaluated: every so many steps, or every so many epochs (may be a
// fraction).
struct EvaluationInterval {
  double epochs = 1;
  Index steps = 0;  // when positive, counts instead of epochs
};

enum class Tracking { none, layers, modes };

struct RunConfig {
  DatasetSpec dataset;
  ModelSpec model;
  NormSpec norm;
  InitSpec init;
  OptimizerSpec optimizer;
  ScheduleSpec schedule;
  double clip_gradient_norm = 0;  // 0: off
  Index batch_size = 32;
  std::uint64_t seed = 1;
  std::optional<Target> target;
  bool keep_training = false;  // go on to the end of the budget after the target is reached
  EvaluationInterval evaluate_every;
  Budget budget{.epochs = 10};
  Tracking track = Tracking::none;
  int threads = 1;
  std::string initial_parameters;  // a safetensors file to start from; "" draws them from the seed
};

// The settings of the config itself that are neither objects nor need words of their own.
void visit_settings(SettingVisitor& visitor, RunConfig& config);

}  // namespace normlab
