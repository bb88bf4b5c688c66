// The LSTM's results that are written past the caches.
#include <doctest/doctest.h>
#include <hwy/highway.h>

#include <vector>

#include "normlab/core/random.h"
#include "normlab/kernels/recurrent/lstm_cell.h"

namespace normlab {
namespace {

struct Case {
  RowNorm norm;
  Index groups, hidden;
};

// Everything that the forward pass of the normalized LSTM writes, on rows of random numbers.
template <class T>
std::vector<T> lstm_forward_results(const Case& k, bool streaming) {
  constexpr Index rows = 3;
  const Index hidden = k.hidden;
  const auto filled = [](const std::string& name, Index count) {
    Tensor<T> tensor({count});
    Random random(3, hash_name(name));
    for (T& v : tensor.span()) v = static_cast<T>(0.5 + random.normal());
    return tensor;
  };
  const Index size = rows * hidden, width = 4 * hidden;
  Tensor<T> p = filled("p", 4 * size), q = filled("q", 4 * size), before_c = filled("c", size);
  const Tensor<T> gain_ih = filled("gain_ih", width), gain_hh = filled("gain_hh", width),
                  bias = filled("bias_ih", width), gain_c = filled("gain_c", hidden),
                  bias_c = filled("bias_c", hidden);
  Tensor<T> gates({4 * size}), c({size}), tanh_c({size}), h({size});
  std::vector<RowScaling<T>> scaling(static_cast<std::size_t>(3 * rows * k.groups));
  const auto matrix = [&](Tensor<T>& x, const Tensor<T>& gain, Index number) {
    return CellMatrix<T>{.x = x.data(),
                         .width = gain.size(),
                         .gain = gain.data(),
                         .scaling = scaling.data() + number * rows * k.groups,
                         .vectors = k.groups};
  };
  lstm_forward(LstmForward<T>{
      .norm = {.side = CellSide::per_row, .row = k.norm, .groups = k.groups, .epsilon = T(1e-5)},
      .input = matrix(p, gain_ih, 0),
      .recurrent = matrix(q, gain_hh, 1),
      .cell = matrix(c, gain_c, 2),
      .bias = bias.data(),
      .bias_cell = bias_c.data(),
      .state = {.gates = gates.data(), .tanh_cell = tanh_c.data(), .previous_cell = before_c.data()},
      .hidden_state = h.data(),
      .rows = rows,
      .hidden = hidden,
      .part = {0, rows},
      .streaming = streaming});
  std::vector<T> results;
  for (const auto* tensor : {&p, &q, &gates, &c, &tanh_c, &h}) {
    results.insert(results.end(), tensor->data(), tensor->data() + tensor->size());
  }
  return results;
}

template <class T>
bool streaming_changes_nothing(const Case& k) {
  return lstm_forward_results<T>(k, true) == lstm_forward_results<T>(k, false);
}

}  // namespace

// 64 units, and their 2 groups, are whole vectors and are streamed; 21, and groups of 2, are not, and
// streaming them would fault or overwrite.
TEST_CASE("LSTM kernel: results written past the caches are the same") {
  for (const auto target : hwy::SupportedAndGeneratedTargets()) {
    INFO(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    for (const Case& k :
         {Case{RowNorm::layer, 1, 64}, Case{RowNorm::layer, 1, 21}, Case{RowNorm::rms, 1, 64},
          Case{RowNorm::rms, 1, 21}, Case{RowNorm::layer, 2, 64}, Case{RowNorm::layer, 32, 64}}) {
      CHECK(streaming_changes_nothing<float>(k));
      CHECK(streaming_changes_nothing<double>(k));
    }
    hwy::SetSupportedTargetsForTest(0);
  }
}

}  // namespace normlab
