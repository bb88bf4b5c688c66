// What a network learns: what it reads, what it is trained to make small, and what it is judged by. A task is
// a value: everything that differs from one to the next stands here, and nothing else asks which one it is.
#pragma once

#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include "normlab/data/dataset_spec.h"
#include "normlab/tasks/loss.h"
#include "normlab/tasks/metric.h"

namespace normlab {

// The names of inputs and labels, which data, models and losses have in common.
namespace input {
inline constexpr std::string_view images = "images",  // pixels, in the layout that the model asks for
    tokens = "tokens",                                // (T, B): integers below the size of a vocabulary
    labels = "labels";                                // (B), or (T, B) in streams: what is to be predicted
}  // namespace input

// How samples hang together.
enum class Samples {
  independent,  // each stands for itself, and has one prediction
  streams,      // windows of sequences that go on from batch to batch, and so does the state of a network;
                // every time step has a prediction
};

struct SumSpec {
  std::string name;                 // in checkpoints
  bool counts_predictions = false;  // an integer, at most their number
};

struct Task {
  std::string name;                 // "classification"
  std::vector<std::string> inputs;  // names of what a network reads
  Samples samples = Samples::independent;
  std::vector<SumSpec> sums;    // the first is the loss that training minimizes
  std::vector<Metric> metrics;  // the first is the mean loss, the last is what reports show
  MetricValues (*values)(const MetricSums& sums);
  // A mean loss beyond this is not coming back.
  double exploded_loss;
  std::tuple<LossAdder<float>, LossAdder<double>> loss;
  // Whether data of this kind are for it.
  bool (*learns)(const DatasetSpec& dataset);

  const Metric& reported() const { return metrics.back(); }
  bool reads(std::string_view input) const;
  template <class T>
  LossAdder<T> add_loss() const {
    return std::get<LossAdder<T>>(loss);
  }
};

struct ImageShape {
  Index height, width;  // pixels
};

struct TokenShape {
  Index vocabulary;
};

using InputShape = std::variant<ImageShape, TokenShape>;

// A task with the sizes that its data have.
struct TaskShape {
  const Task* task;
  std::vector<InputShape> inputs;  // one for each of task->inputs
  Index outputs;                   // numbers in a prediction: classes, or the size of the vocabulary

  // Of the input of this name. Throws std::logic_error when there is none of this kind.
  const ImageShape& images(std::string_view name = input::images) const;
  const TokenShape& tokens(std::string_view name = input::tokens) const;
};

}  // namespace normlab
