// The non-linearities that kernels fuse with a normalization.
#pragma once

namespace normlab {

// gelu is the tanh form (PyTorch's approximate="tanh").
enum class Activation { identity, relu, tanh, gelu };

}  // namespace normlab
