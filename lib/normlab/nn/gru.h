// The GRU over a whole sequence, plain (with or without weight norm) or with row-wise normalization (layer,
// rms) of its summed inputs. The formulas are in kernels/gru_cell.h.
#pragma once

#include <vector>

#include "normlab/kernels/gru_cell.h"
#include "normlab/nn/recurrent_site.h"

namespace normlab {

// The cell's parameters, declared under the names of nn/recurrent.h, as inputs of the operation. The plain
// cell has bias_hh, whose last third is what the normalized cells have as bias_hn, beside their gains.
template <class T>
struct GruInputs {
  GruInputs(Op<T>& op, const RecurrentSite<T>& site);

  Input<T> bias_ih, bias_hh;  // (3 hidden)
  Input<T> bias_hn;           // (hidden)
  Input<T> gain_ih, gain_hh;  // (3 hidden)
};

template <class T>
class Gru : public RecurrentOp<T> {
 public:
  Gru(const RecurrentLinks<T>& links, const RecurrentSite<T>& site);

  std::string name() const override { return "gru"; }

 private:
  Index kept_by_cell() const override {
    return normalized_gates_.size() +
           static_cast<Index>(scaling_.size() * sizeof(GruRowScaling<T>) / sizeof(T));
  }
  void start_forward() override;
  void step_forward(Index step) override;
  void finish_forward() override {}
  void start_backward() override;
  void step_backward(Index step) override;
  void finish_backward() override;

  bool plain() const { return norm_ == RowNorm::none; }
  T* gates(Index step, Index row);
  const T* candidate_bias() const;
  GruRowScaling<T>* scaling(Index step, Index row) {
    return scaling_.data() + (this->training() ? step * this->batch_ : 0) + row;
  }

  GruInputs<T> parameters_;
  RowNorm norm_;
  T epsilon_;
  Tensor<T> bias_;              // (3 H): of the plain cell's r and z both biases, of n that of W_ih x
  Tensor<T> normalized_gates_;  // (T or 1, B, 4 H); the plain cell's gates replace its W_ih x
  std::vector<GruRowScaling<T>> scaling_;  // (T or 1, B)
  ThreadSums<T> dbias_, dbias_hn_, dgain_ih_, dgain_hh_;
};

// Records the operation, batch-normalized or not.
template <class T>
void add_gru(const RecurrentSite<T>& site, const RecurrentLinks<T>& links);

}  // namespace normlab
