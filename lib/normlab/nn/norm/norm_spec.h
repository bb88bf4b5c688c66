// Which normalization a network uses, and its settings. What each one is stands in nn/norm/norm_traits.h,
// what it means on fully connected, convolutional and recurrent layers in docs/design.md.
#pragma once

#include "normlab/core/tensor.h"

namespace normlab {

enum class Norm { none, batch, layer, rms, group, instance, weight, dyt };

// What a norm that normalizes learns for each channel. A norm that has no bias learns under `all` what it
// learns under `gain`.
enum class Affine { all, gain, none };

// Where a norm that normalizes stands: on the summed inputs, with the activation behind it, or on what the
// activation makes of them with a bias of their own.
enum class NormPosition { before_activation, after_activation };

struct NormSpec {
  Norm kind = Norm::none;
  double epsilon = 1e-5;  // added to the variance (or mean square) inside the root
  double momentum = 0.1;  // batch norm: running = (1 - momentum) * running + momentum * batch statistic
  Index groups = 8;  // group norm: how many groups the features, channels or hidden units are divided into
  Affine affine = Affine::all;
  double alpha = 0.5;  // dynamic tanh: where its alpha starts
  NormPosition position = NormPosition::before_activation;
};

}  // namespace normlab
