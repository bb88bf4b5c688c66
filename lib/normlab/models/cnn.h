// A convolutional network: blocks of 3x3 convolution + normalization + activation, each block ended by 2x2
// max pooling with stride 2; then hidden layers of linear + normalization + activation, and a linear output
// layer.
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

#include <optional>
#include <string>

#include "normlab/models/model.h"

namespace normlab {

// Returns (batch, outputs). Throws RequestError when the image is too small for that many
// poolings.
template <class T>
Value<T>& record_cnn(const ModelSpec& model, const NormSpec& norm, const TaskShape& task, ModelGraph<T>& out,
                     Parameters<T>& parameters);

// Why the norm has no meaning on one of the network's layers, or nothing.
std::optional<std::string> undefined_in_cnn(const ModelSpec& model, const NormSpec& norm, Index batch);

}  // namespace normlab
