#include "normlab/train/run_config.h"

namespace normlab {
namespace {

const Names tracking_names{"none", "layers"};

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
  visitor.name({.key = "track",
                .meaning = "statistics of each layer's activations and gradients at every evaluation",
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
}

}  // namespace normlab
