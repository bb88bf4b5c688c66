// A convolutional network: blocks of 3x3 convolution + normalization + activation, each block ended by 2x2
// max pooling with stride 2; then hidden layers of linear + normalization + activation (+ dropout), and a
// linear output layer.
//
//   blocks.B.C.convolution.weight (out, in, 3, 3), blocks.B.C.norm.weight (out), ...
//   dense.D.linear.weight (out, in), dense.D.norm.weight (out), ..., output.weight, output.bias
//
// The convolutions pad by one pixel and so keep the size of the image; pooling halves it, rounding down. The
// first dense layer takes its inputs in PyTorch's order (channels, height, width).
//
// Instance norm normalizes the convolutions only: it is not defined on vectors, so the dense layers have a
// bias instead, as they have with `none`. Every other norm is the same on both kinds of layer; group norm
// divides the features of a dense layer into as many groups as the channels.
#pragma once

#include <map>

#include "normlab/models/dense.h"
#include "normlab/models/model_spec.h"
#include "normlab/tasks/task.h"

namespace normlab {

struct Cnn {
  // Each block is a list of 3x3 convolutions (their output channels), followed by 2x2 max pooling.
  std::vector<std::vector<Index>> blocks = {{32}, {64}};
  std::vector<Index> dense = {128};  // sizes of the dense hidden layers
  Activation activation = Activation::relu;
  double dropout = 0;  // after each dense hidden layer's activation

  std::string name() const { return "cnn"; }
  bool reads(const Task& task) const { return task.inputs == Names{std::string(input::images)}; }
  void visit_settings(SettingVisitor& visitor, const Task& task);
  std::map<std::string, Cnn> presets() const;
  std::optional<std::string> undefined_reason(const NormSpec& norm, Index batch) const;
  // RequestError when the image is too small for that many poolings.
  template <class T>
  Value<T>& record(const NormSpec& norm, const TaskShape& task, ModelGraph<T>& out,
                   Parameters<T>& parameters) const;
  void count_memory(MemoryCount& count, const TaskShape& task) const;

 private:
  DenseLayers dense_layers() const { return {"dense", dense, activation, dropout}; }
};

}  // namespace normlab
