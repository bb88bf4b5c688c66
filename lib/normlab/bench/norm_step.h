// One normalization by itself, for timing.
#pragma once

#include "normlab/core/random.h"
#include "normlab/nn/norm/normalization.h"

namespace normlab::bench {

// A normalization as a network records it, without activation: oneDNN's primitives fuse none.
class NormStep {
 public:
  NormStep(Norm norm, Index samples, Index positions, Index channels)
      : x_(graph_.input({samples, positions, channels}, GradientPlace::own)),
        y_(add_normalization(graph_, parameters_, "bench", "linear", channels, x_,
                             {samples, positions, channels}, {.kind = norm}, Activation::identity)) {
    graph_.output(y_);
    graph_.finish();
    Random random(1, 2);
    for (Tensor<float>* tensor : {&x_.data, &y_.gradient}) {
      for (float& v : tensor->span()) v = static_cast<float>(random.uniform(-1, 1));
    }
  }

  void forward() { graph_.forward(); }
  void backward() { graph_.backward(); }
  Value<float>& x() { return x_; }
  Value<float>& y() { return y_; }

 private:
  Graph<float> graph_{Mode::training};
  Parameters<float> parameters_{{}, 1};
  Value<float>&x_, &y_;
};

}  // namespace normlab::bench
