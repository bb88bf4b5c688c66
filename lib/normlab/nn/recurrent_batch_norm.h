// Batch norm of one matrix inside a recurrent layer, with statistics of its own at every step of the
// recurrence (Cooijmans et al. 2016, section 3).
#pragma once

#include <algorithm>
#include <stdexcept>

#include "normlab/nn/recurrent_site.h"

namespace normlab {

template <class T>
class RecurrentBatchNorm {
 public:
  // `matrix` is ih, hh or c. Declares running_mean_MATRIX and running_var_MATRIX (T, columns).
  RecurrentBatchNorm(const RecurrentSite<T>& site, const std::string& matrix, Index columns)
      : running_mean_(running(site, "running_mean_" + matrix, columns, T(0))),
        running_variance_(running(site, "running_var_" + matrix, columns, T(1))),
        scaling_({site.graph.mode() == Mode::training ? site.steps : 1, 3, columns}) {
    if (site.graph.mode() == Mode::training && site.steps > running_mean_.dimension(0))
      throw std::logic_error("the longest training graph of a batch-normalized recurrence is recorded first");
  }

  // Step 0 is the first of the recurrence, in reverse the last of the sequence. A step beyond the longest
  // trained has the running statistics of the last.
  ColumnNorm<T> at(Index step) {
    const Index columns = scaling_.dimension(2);
    const Index known = std::min(step, running_mean_.dimension(0) - 1);
    T* scaling = at_step(scaling_, step);
    return {scaling, scaling + columns, scaling + 2 * columns, running_mean_.data() + known * columns,
            running_variance_.data() + known * columns};
  }

  Index kept_elements() const { return scaling_.size(); }

 private:
  static Tensor<T>& running(const RecurrentSite<T>& site, const std::string& tensor, Index columns, T start) {
    return site.parameters.buffer(site.name(tensor), {site.steps, columns}, start);
  }

  Tensor<T>&running_mean_, &running_variance_;  // (T trained, columns)
  Tensor<T> scaling_;                           // (T or 1, 3, columns): mean, reciprocal, shift
};

template <class T>
ColumnNormSettings<T> column_norm_settings(const RecurrentSite<T>& site) {
  return {static_cast<T>(site.norm.epsilon), static_cast<T>(site.norm.momentum),
          site.graph.mode() == Mode::training};
}

}  // namespace normlab
