// What a recurrent cell learns, normalizes and keeps for its backward pass, whatever its side.
#pragma once

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <vector>

#include "normlab/nn/graph/row_threads.h"
#include "normlab/nn/recurrent/recurrent_op.h"
#include "normlab/nn/recurrent/recurrent_site.h"

namespace normlab {

// A gain, bias or alpha of a cell. Its gradient is a sum over the rows of every time step.
template <class T>
class CellParameter {
 public:
  // Of `size` numbers. `parameter` may be null: a normalized cell then has `constant` in its place, so that
  // the kernels and the time they take are the same, and what is summed is forgotten.
  CellParameter(Op<T>& op, const RecurrentSite<T>& site, Parameter<T>* parameter, Index size, T constant)
      : input_(op, parameter) {
    if (site.training()) sums_ = ThreadSums<T>(size);
    if (input_ || !site.normalizes()) return;
    constant_ = Tensor<T>({size});
    constant_.fill(constant);
  }

  const T* data() const { return input_ ? input_.data() : constant_.data(); }
  T* sum(Index thread) { return sums_.part(thread); }
  void clear() { sums_.clear(); }
  void total() const {
    if (input_) total(input_.gradient());
  }
  void total(T* gradient) const { sums_.total(gradient); }

 private:
  Input<T> input_;
  Tensor<T> constant_;
  ThreadSums<T> sums_;
};

// The bias of the summed inputs. A plain cell has the two of PyTorch's modules, of which only the sum counts,
// except for GRU's candidate: there `shared` is less than the size. A normalized cell that does not learn its
// bias has zeros.
template <class T>
class CellBias {
 public:
  CellBias(Op<T>& op, const RecurrentSite<T>& site, const std::string& name, Index size, Index shared)
      : ih_(op, site.bias(name, size)),
        hh_(op, site.plain_bias("bias_hh", size)),
        shared_(shared),
        bias_({size}) {
    if (site.training()) sums_ = ThreadSums<T>(size);
  }

  const Input<T>& hh() const { return hh_; }
  const T* data() const { return bias_.data(); }
  T* sum(Index thread) { return sums_.part(thread); }
  void start_forward() {
    if (ih_) bias_.copy_from(ih_.tensor());
    if (!hh_) return;
    for (Index i = 0; i < shared_; ++i) bias_[i] += hh_.data()[i];
  }
  void clear() { sums_.clear(); }
  void total() {
    if (ih_) sums_.total(ih_.gradient());
    if (hh_) sums_.total(hh_.gradient());
  }

 private:
  Input<T> ih_, hh_;
  Index shared_;
  Tensor<T> bias_;
  ThreadSums<T> sums_;
};

// Statistics per column of a matrix, of its own at every step of the recurrence (Cooijmans et al. 2016,
// section 3).
template <class T>
class ColumnStatistics {
 public:
  // Declares running_mean_MATRIX and running_var_MATRIX (T, columns).
  ColumnStatistics(const RecurrentSite<T>& site, const std::string& matrix, Index columns)
      : running_mean_(running(site, "running_mean_" + matrix, columns, T(0))),
        running_variance_(running(site, "running_var_" + matrix, columns, T(1))),
        scaling_({site.training() ? site.steps : 1, 3, columns}) {
    if (site.training() && site.steps > running_mean_.dimension(0))
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

// A matrix that the cell normalizes: W_ih x, W_hh h' or c.
struct MatrixSpec {
  std::string name;         // ih, hh or c, as in running_mean_ih
  std::string gain, alpha;  // the parameters'; empty: the cell does not normalize it
  Index width = 0;
  Index vectors = 1;  // per row: how many vectors of a row are normalized, each by itself
};

template <class T>
class RecurrentMatrix {
 public:
  RecurrentMatrix(Op<T>& op, const RecurrentSite<T>& site, const MatrixSpec& spec)
      : width_(spec.width),
        rows_(site.training() ? site.batch : 0),
        vectors_(spec.vectors * site.cell_norm().groups),
        gain_(op, site, spec.gain.empty() ? nullptr : site.gain(spec.gain, width_), width_, T(1)) {
    if (!site.normalizes() || spec.gain.empty()) return;
    if (site.per_element()) {
      alpha_.emplace(op, site, &site.alpha(spec.alpha), 1, T(0));
    } else if (site.per_column()) {
      columns_.emplace(site, spec.name, width_);
    } else {
      scaling_.resize(static_cast<std::size_t>((site.training() ? site.steps : 1) * site.batch * vectors_));
    }
  }

  // As the cell's kernels take it at a step, where it is x (B, width).
  CellMatrix<T> at(Index step, T* x) {
    return {.x = x,
            .width = width_,
            .gain = gain_.data(),
            .alpha = alpha_ ? *alpha_->data() : T(0),
            .scaling = scaling_.empty() ? nullptr : scaling_.data() + step * rows_ * vectors_,
            .vectors = vectors_,
            .columns = columns_ ? columns_->at(step) : ColumnNorm<T>{}};
  }
  CellGradient<T> gradient(Index thread, T* dx) {
    return {.x = dx, .gain = gain_.sum(thread), .alpha = alpha_ ? alpha_->sum(thread) : nullptr};
  }

  void clear() {
    gain_.clear();
    if (alpha_) alpha_->clear();
  }
  void total() {
    gain_.total();
    if (alpha_) alpha_->total();
  }
  Index kept_elements() const {
    const auto scalings = static_cast<Index>(scaling_.size() * sizeof(RowScaling<T>) / sizeof(T));
    return scalings + (columns_ ? columns_->kept_elements() : 0);
  }

 private:
  Index width_;
  Index rows_;     // from one step's scalings to the next; an evaluation graph has those of one step
  Index vectors_;  // or groups of them
  CellParameter<T> gain_;
  std::optional<CellParameter<T>> alpha_;  // (1)
  std::vector<RowScaling<T>> scaling_;     // per row: (T or 1, B, vectors)
  std::optional<ColumnStatistics<T>> columns_;
};

}  // namespace normlab
