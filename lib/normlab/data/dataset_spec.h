// Which data a run uses.
#pragma once

#include <string>

#include "normlab/core/tensor.h"
#include "normlab/settings/visitor.h"

namespace normlab {

enum class DatasetKind { fashion_mnist, mnist, idx, text, synthetic };

// What a text is a sequence of: Unicode code points, for which it has to be UTF-8, or the bytes of its file.
enum class TextUnit { character, byte };

struct DatasetSpec {
  DatasetKind kind = DatasetKind::fashion_mnist;
  std::string path;       // idx: folder; text: file; otherwise "" for the standard place
  Index train_limit = 0;  // use only the first so many training samples (characters); 0: all
  double validation_fraction = 5000.0 / 60000;  // the last part of the training set, held out
  // Use only the first so many samples (characters) of the validation part and of the test set; 0: all.
  Index validation_limit = 0, test_limit = 0;
  bool shuffle = true;  // a new order every epoch (images)
  // Images: pixels minus the training part's mean pixel, divided by the deviation, instead of pixels / 255.
  // The default for recurrent models: a row of zeros at the start of a sequence leaves a cell with nothing
  // but zeros to normalize, whose gradient grows by 1 / sqrt(epsilon) a time step.
  bool standardize = false;
  TextUnit unit = TextUnit::character;  // text

  bool operator==(const DatasetSpec&) const = default;
};

// Those that have a meaning for the data set, but for its name and path.
void visit_settings(SettingVisitor& visitor, DatasetSpec& dataset);

// Names in configs, in the order of the enumeration.
const Names& dataset_kind_names();

}  // namespace normlab
