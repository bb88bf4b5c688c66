// What a run trains on: batches that go into the places which a recorded graph has for them, whatever the
// data are.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "normlab/tasks/task.h"
#include "normlab/train/run_config.h"

namespace normlab {

// A part of the data, cut into batches of batch_size(i) samples, or streams.
class BatchSource {
 public:
  virtual ~BatchSource() = default;
  virtual Index batches() const = 0;  // of one epoch
  virtual Index batch_size(Index batch) const = 0;
  virtual Index samples(Index batch) const = 0;  // predictions: images, or characters
  virtual void set_epoch(Index epoch) = 0;       // a new order, where there is one
  // Fills all inputs and labels of the task. Allocates nothing.
  virtual void assemble(Index batch, const BatchBuffers<float>& buffers) const = 0;

  Index samples_per_epoch() const;
};

struct RunData {
  TaskShape shape;
  std::unique_ptr<BatchSource> train, validation;
  // Where modes are tracked: the validation set in whole batches of the training's size.
  std::unique_ptr<BatchSource> mode_validation = nullptr;
  std::function<std::unique_ptr<BatchSource>()> load_test;  // reads the test set now
  std::string checksum;                                     // as in DataSize
};

// How much data a run has, in samples or, of a text, characters, and which.
struct DataSize {
  TaskShape shape;
  Index train = 0, validation = 0, test = 0;
  std::string checksum;  // of the files that were read, in hexadecimal digits; "" for data without files
};

}  // namespace normlab
