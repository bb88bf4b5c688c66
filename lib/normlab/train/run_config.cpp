#include "normlab/train/run_config.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace normlab {
namespace {

const Names tracking_names{"none", "layers", "modes"};

}  // namespace

void visit_settings(SettingVisitor& visitor, RunConfig& config) {
  visitor.number({.key = "clip_gradient_norm",
                  .meaning = "a longer global gradient is scaled down to this length; 0 for no limit",
                  .option = "--clip-gradient-norm",
                  .value = "NORM"},
                 config.clip_gradient_norm, range::not_negative_single);
  visitor.integer({.key = "batch_size",
                   .meaning = "samples (streams of a text) in a training step",
                   .option = "--batch-size",
                   .value = "SAMPLES"},
                  config.batch_size, 1);
  visitor.flag({.key = "keep_training",
                .meaning = "go on to the end of the budget after the target is reached",
                .option = "--keep-training"},
               config.keep_training);
  visitor.name(
      {.key = "track",
       .meaning = "at every evaluation: statistics of each layer's activations and gradients, or the "
                  "validation metrics computed as in training beside those as in a test",
       .option = "--track",
       .value = "NAME"},
      config.track, tracking_names);
}

void visit_settings(SettingVisitor& visitor, Budget& budget) {
  visitor.number({.key = "epochs",
                  .meaning = "end the run after so many epochs (may be a fraction)",
                  .option = "--epochs",
                  .value = "EPOCHS",
                  .preset = "10 when no limit is set"},
                 budget.epochs, range::positive);
  visitor.integer({.key = "steps",
                   .meaning = "end the run after so many steps",
                   .option = "--steps",
                   .value = "STEPS",
                   .preset = "no limit"},
                  budget.steps, 1);
  visitor.number({.key = "seconds",
                  .meaning = "end the run after so many seconds of the training clock",
                  .option = "--seconds",
                  .value = "SECONDS",
                  .preset = "no limit"},
                 budget.seconds, range::positive);
  visitor.integer({.key = "samples",
                   .meaning = "end the run after so many training samples (characters of a text)",
                   .option = "--samples",
                   .value = "SAMPLES",
                   .preset = "no limit"},
                  budget.samples, 1);
}

Index last_step(const Budget& budget, const EpochLength& epoch) {
  Index last = std::numeric_limits<Index>::max();
  if (budget.steps > 0) last = budget.steps;
  if (budget.epochs > 0) {
    const double steps = std::ceil(budget.epochs * static_cast<double>(epoch.steps) - 1e-9);
    last = std::min(last, static_cast<Index>(std::min(steps, 1e18)));
  }
  if (budget.samples > 0) {
    const Index rest = budget.samples % epoch.samples;
    const Index steps = std::min((rest + epoch.batch_samples - 1) / epoch.batch_samples, epoch.steps);
    last = std::min(last, budget.samples / epoch.samples * epoch.steps + steps);
  }
  return last;
}

}  // namespace normlab
