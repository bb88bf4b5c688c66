#include "normlab/data/dataset_spec.h"

namespace normlab {
namespace {

const Names text_unit_names{"character", "byte"};

void visit_text_settings(SettingVisitor& visitor, DatasetSpec& dataset) {
  visitor.name({.key = "unit",
                .meaning = "what the text is a sequence of: Unicode code points, or the bytes of any file",
                .young = true},
               dataset.unit, text_unit_names);
}

void visit_image_settings(SettingVisitor& visitor, DatasetSpec& dataset) {
  visitor.flag({.key = "shuffle",
                .meaning = "a new order of the samples in every epoch",
                .option = "--no-shuffle",
                .help = "keep the order of the training samples in every epoch"},
               dataset.shuffle);
  visitor.flag({.key = "standardize",
                .meaning = "shift and scale all pixels so that those of the training set have mean 0 and "
                           "standard deviation 1; otherwise they are in [0, 1]",
                .option = "--standardize",
                .help = "shift and scale pixels to mean 0 and deviation 1 over the training set"},
               dataset.standardize);
}

}  // namespace

const Names& dataset_kind_names() {
  static const Names names{"fashion-mnist", "mnist", "idx", "text", "synthetic"};
  return names;
}

void visit_settings(SettingVisitor& visitor, DatasetSpec& dataset) {
  visitor.integer(
      {.key = "train_limit",
       .meaning = "use only the first so many training samples (characters or bytes of a text); 0 for all",
       .option = "--train-limit",
       .value = "SAMPLES"},
      dataset.train_limit, 0);
  visitor.number({.key = "validation_fraction",
                  .meaning = "the last part of the training set, held out for validation: 5,000 of 60,000 "
                             "images. A text holds out as much again for the test",
                  .option = "--validation-fraction",
                  .value = "FRACTION",
                  .help = "part of the training set that is held out for validation, between 0 and 1",
                  .preset = "1/12"},
                 dataset.validation_fraction, range::open_unit);
  visitor.integer({.key = "validation_limit",
                   .meaning = "use only the first so many samples (characters or bytes of a text) of the "
                              "validation part; 0 for all",
                   .young = true},
                  dataset.validation_limit, 0);
  visitor.integer({.key = "test_limit", .meaning = "the same of the test set", .young = true},
                  dataset.test_limit, 0);
  dataset.kind == DatasetKind::text ? visit_text_settings(visitor, dataset)
                                    : visit_image_settings(visitor, dataset);
}

}  // namespace normlab
