// oneDNN's own normalization primitives, which `normlab bench` compares the kernels with. Nothing else uses
// them.
#pragma once

#include <memory>
#include <string>

#include "normlab/core/tensor.h"

namespace normlab {

enum class NormalizationPrimitive { layer, batch };

// Training mode with gain and bias. Layer norm takes x (samples, channels) and has one position; batch norm
// takes x (samples, positions, channels), images stored channels last.
class OnednnNormalization {
 public:
  OnednnNormalization(NormalizationPrimitive kind, Index samples, Index positions, Index channels);
  ~OnednnNormalization();
  OnednnNormalization(OnednnNormalization&&) noexcept;
  OnednnNormalization& operator=(OnednnNormalization&&) noexcept;

  void forward(const float* x, float* y) const;
  void backward(const float* x, const float* dy, float* dx) const;  // after a forward() on the same x

 private:
  struct Plan;
  std::unique_ptr<Plan> plan_;
};

}  // namespace normlab
