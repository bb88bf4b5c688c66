// What a run trains on: batches in the form that model graphs take, whatever the data are.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "normlab/models/model.h"
#include "normlab/train/run_config.h"

namespace normlab {

// A part of the data, cut into batches. A batch of an image task has batch_size(i) samples; one of a text
// task has as many streams, each of `window` characters.
class BatchSource {
 public:
  virtual ~BatchSource() = default;
  virtual Index batches() const = 0;  // of one epoch
  virtual Index batch_size(Index batch) const = 0;
  virtual Index samples(Index batch) const = 0;  // predictions: images, or characters
  virtual void set_epoch(Index epoch) = 0;       // a new order, where there is one
  virtual void assemble(Index batch, ModelGraph<float>& graph) const = 0;

  Index samples_per_epoch() const;
};

struct Task {
  TaskShape shape;
  std::unique_ptr<BatchSource> train, validation;
  std::function<std::unique_ptr<BatchSource>()> load_test;  // reads the test set now
  std::string data_checksum;                                // as in DataSize
};

// How much data a run has, in samples or, of a text, characters, and which.
struct DataSize {
  TaskShape shape;
  Index train = 0, validation = 0, test = 0;
  std::string checksum;  // of the files that were read, in hexadecimal digits; "" for data without files
};

// Loads the data of `config`, which load_task() then finds loaded, and checks the batch size against them.
// Throws what load_task() throws.
DataSize load_data_size(const RunConfig& config);

// The size of the batches (streams of a text) in which so many samples (characters) are evaluated: it does
// not depend on the training's.
Index evaluation_batch_size(const RunConfig& config, Index samples);

// Loads the data of `config`. Throws RequestError for data that are missing, malformed or too small for the
// batch size.
Task load_task(const RunConfig& config);

}  // namespace normlab
