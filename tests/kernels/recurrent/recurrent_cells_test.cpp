// One time step of every recurrent cell, forward and backward, on every instruction set of this machine,
// against plain scalar loops in double precision (nn/recurrent_reference.h) and their central differences.
// Widths leave a part of a vector, rows a part of a block, and sums are added to what was there.
#include <doctest/doctest.h>
#include <hwy/highway.h>

#include <map>
#include <string>
#include <vector>

#include "nn/recurrent/recurrent_reference.h"
#include "normlab/core/random.h"
#include "normlab/kernels/recurrent/gru_cell.h"
#include "normlab/kernels/recurrent/lstm_cell.h"
#include "normlab/kernels/recurrent/tanh_cell.h"
#include "sanitized.h"

namespace normlab {
namespace {

using test::Matrix;
using test::Row;
using Tensors = std::map<std::string, Row>;

constexpr double epsilon = 1e-5, before = 0.5;  // what a sum held before

struct Case {
  CellKind cell;
  Norm norm;
  Index rows, hidden;
  Index gates() const { return cell == CellKind::lstm ? 4 : (cell == CellKind::gru ? 3 : 1); }
  Index width() const { return gates() * hidden; }
  bool plain() const { return norm == Norm::none; }
  Index groups() const { return norm != Norm::group ? 1 : hidden % 4 == 0 ? 4 : 3; }
  CellSide side() const {
    if (plain()) return CellSide::plain;
    if (norm == Norm::dyt) return CellSide::per_element;
    return norm == Norm::batch ? CellSide::per_column : CellSide::per_row;
  }
  // The normalized tanh recurrence has one matrix, except per column.
  bool one_matrix() const { return cell == CellKind::tanh && !plain() && norm != Norm::batch; }
  // The tanh recurrence sums both products up first, except per column; the plain LSTM as well.
  bool together() const {
    return cell == CellKind::tanh ? norm != Norm::batch : cell == CellKind::lstm && plain();
  }
  template <class T>
  CellNorm<T> cell_norm() const {
    return {.side = side(),
            .row = norm == Norm::rms ? RowNorm::rms : RowNorm::layer,
            .groups = groups(),
            .epsilon = static_cast<T>(epsilon),
            .momentum = T(0.1),
            .training = true};
  }
  std::string name() const {
    return "cell " + std::to_string(static_cast<int>(cell)) + ", norm " +
           std::to_string(static_cast<int>(norm)) + ", " + std::to_string(rows) + " x " +
           std::to_string(hidden);
  }
};

Row drawn(Index count, const std::string& name, double mean = 0) {
  Random random(3, hash_name(name));
  Row values(static_cast<std::size_t>(count));
  for (double& v : values) v = mean + random.normal();
  return values;
}

// p, q, h, c and the parameters that the cell has, by their names in nn/recurrent/recurrent.h; dh and dc, the
// gradients of the new h and c.
Tensors inputs(const Case& k) {
  const Index small = k.rows * k.hidden;
  Tensors t;
  for (const std::string name : {"p", "q"}) t[name] = drawn(k.rows * k.width(), name, 0.5);
  for (const std::string name : {"h", "c", "dh", "dc"}) t[name] = drawn(small, name);
  const bool together = k.one_matrix();
  t[together ? "bias" : "bias_ih"] = drawn(k.width(), "bias_ih");
  if (k.plain()) {
    t["bias_hh"] = Row(static_cast<std::size_t>(k.width()), 0.0);
    return t;
  }
  if (together) t["gain"] = drawn(k.hidden, "gain", 1);
  if (!together) {
    for (const std::string name : {"gain_ih", "gain_hh"}) t[name] = drawn(k.width(), name, 1);
  }
  if (k.norm == Norm::dyt) {
    if (together) t["alpha"] = {0.7};
    if (!together) t["alpha_ih"] = t["alpha_hh"] = {0.7};
    if (k.cell == CellKind::lstm) t["alpha_c"] = {1.2};
  }
  if (k.cell == CellKind::gru) t["bias_hn"] = drawn(k.hidden, "bias_hn");
  if (k.cell == CellKind::lstm) {
    t["gain_c"] = drawn(k.hidden, "gain_c", 1);
    t["bias_c"] = drawn(k.hidden, "bias_c");
  }
  return t;
}

Matrix as_matrix(const Row& values, Index rows) {
  const auto columns = static_cast<std::ptrdiff_t>(values.size()) / rows;
  Matrix m;
  for (Index r = 0; r < rows; ++r) {
    m.emplace_back(values.begin() + r * columns, values.begin() + (r + 1) * columns);
  }
  return m;
}

Row flat(const Matrix& m) {
  Row values;
  for (const Row& row : m) values.insert(values.end(), row.begin(), row.end());
  return values;
}

// The new h and c.
std::pair<Row, Row> reference_step(const Case& k, const Tensors& t) {
  Parameters<double> parameters({}, 1);
  for (const auto& [name, values] : t) {
    if (name.size() < 3) continue;
    auto& parameter =
        parameters.constant(name, ParameterRole::gain, {static_cast<Index>(values.size())}, 0.0);
    std::copy(values.begin(), values.end(), parameter.data.data());
  }
  const NormSpec norm{.kind = k.norm, .epsilon = epsilon, .groups = k.groups()};
  test::RecurrentReference reference(k.cell, norm, k.hidden, parameters, "", "");
  Matrix h = as_matrix(t.at("h"), k.rows), c = as_matrix(t.at("c"), k.rows);
  reference.step(as_matrix(t.at("p"), k.rows), as_matrix(t.at("q"), k.rows), h, c);
  return {flat(h), flat(c)};
}

double loss(const Case& k, const Tensors& t) {
  const auto [h, c] = reference_step(k, t);
  double sum = 0;
  for (std::size_t i = 0; i < h.size(); ++i) {
    sum += h[i] * t.at("dh")[i] + (k.cell == CellKind::lstm ? c[i] * t.at("dc")[i] : 0.0);
  }
  return sum;
}

Row reference_gradient(const Case& k, Tensors t, const std::string& name) {
  constexpr double step = 1e-5;
  Row gradient;
  for (double& value : t.at(name)) {
    const double kept = value;
    value = kept + step;
    const double above = loss(k, t);
    value = kept - step;
    gradient.push_back((above - loss(k, t)) / (2 * step));
    value = kept;
  }
  return gradient;
}

// The buffers of one run of a kernel by name: inputs converted to T, results zero, sums as they were before.
template <class T>
class Buffers {
 public:
  explicit Buffers(const Tensors& tensors) {
    for (const auto& [name, values] : tensors) all_[name] = std::vector<T>(values.begin(), values.end());
  }
  T* operator[](const std::string& name) { return all_.at(name).data(); }
  T* make(const std::string& name, Index count, double value = 0) {
    return (all_[name] = std::vector<T>(static_cast<std::size_t>(count), static_cast<T>(value))).data();
  }
  T* sum(const std::string& name, Index count) { return make(name, count, before); }
  void add(const std::string& to, const std::string& from) {
    for (std::size_t i = 0; i < all_.at(to).size(); ++i) all_[to][i] += all_.at(from)[i];
  }
  bool has(const std::string& name) const { return all_.contains(name); }
  // The matrix in the buffer `x` as the side of `k` normalizes it; `name` is ih, hh or c.
  CellMatrix<T> matrix(const Case& k, const std::string& x, const std::string& name, Index width,
                       Index vectors = 1) {
    const std::string place = has("gain") ? "" : "_" + name, gain = "gain" + place, alpha = "alpha" + place;
    auto& scaling = scaling_[name];
    vectors *= k.groups();
    scaling.resize(static_cast<std::size_t>(k.rows * vectors));
    return {.x = (*this)[x],
            .width = width,
            .gain = has(gain) ? (*this)[gain] : nullptr,
            .alpha = has(alpha) ? *(*this)[alpha] : T(0),
            .scaling = scaling.data(),
            .vectors = vectors,
            .columns = {make(name + ".mean", width), make(name + ".reciprocal", width),
                        make(name + ".shift", width), make(name + ".running_mean", width),
                        make(name + ".running_variance", width)}};
  }
  CellGradient<T> gradient(const std::string& dx, const std::string& dgain, Index width) {
    const std::string dalpha = "dalpha" + dgain.substr(std::string("dgain").size());
    return {.x = (*this)[dx], .gain = sum(dgain, width), .alpha = sum(dalpha, 1)};
  }
  const std::vector<T>& result(const std::string& name) const { return all_.at(name); }

 private:
  std::map<std::string, std::vector<T>> all_;
  std::map<std::string, std::vector<RowScaling<T>>> scaling_;
};

// Calls body(part) for two parts of what a call may cover, as two threads would.
template <class Body>
void in_two_parts(const Case& k, const Body& body) {
  const Index all = k.side() == CellSide::per_column ? k.hidden : k.rows;
  body(CellPart{0, all / 3});
  body(CellPart{all / 3, all});
}

template <class T>
void run_tanh(const Case& k, Buffers<T>& b) {
  const Index size = k.rows * k.hidden;
  if (k.together()) b.add("p", "q");
  for (const std::string name : {"new h", "dp", "dq"}) b.make(name, size);
  const bool one_gain = k.one_matrix();
  TanhCellForward<T> forward{.norm = k.cell_norm<T>(),
                             .input = b.matrix(k, "p", "ih", k.hidden),
                             .recurrent = b.matrix(k, "q", "hh", k.hidden),
                             .bias = b[one_gain ? "bias" : "bias_ih"],
                             .hidden_state = b["new h"],
                             .rows = k.rows,
                             .hidden = k.hidden,
                             .part = {}};
  TanhCellBackward<T> backward{.norm = forward.norm,
                               .input = forward.input,
                               .recurrent = forward.recurrent,
                               .hidden_state = b["new h"],
                               .dhidden = b["dh"],
                               .dinput = b.gradient("dp", one_gain ? "dgain" : "dgain_ih", k.hidden),
                               .drecurrent = b.gradient("dq", "dgain_hh", k.hidden),
                               .dbias = b.sum(one_gain ? "dbias" : "dbias_ih", k.hidden),
                               .rows = k.rows,
                               .hidden = k.hidden,
                               .part = {}};
  in_two_parts(k, [&](const CellPart& part) {
    forward.part = backward.part = part;
    tanh_cell_forward(forward);
    tanh_cell_backward(backward);
  });
}

template <class T>
void run_lstm(const Case& k, Buffers<T>& b) {
  const Index size = k.rows * k.hidden, width = k.width();
  if (k.together()) b.add("p", "q");
  for (const std::string name : {"new c", "tanh c", "new h"}) b.make(name, size);
  for (const std::string name : {"gates", "dp", "dq"}) b.make(name, 4 * size);
  const LstmState<T> state{
      .gates = b[k.plain() ? "p" : "gates"], .tanh_cell = b["tanh c"], .previous_cell = b["c"]};
  LstmForward<T> forward{.norm = k.cell_norm<T>(),
                         .input = b.matrix(k, "p", "ih", width),
                         .recurrent = b.matrix(k, "q", "hh", width),
                         .cell = b.matrix(k, "new c", "c", k.hidden),
                         .bias = b["bias_ih"],
                         .bias_cell = k.plain() ? nullptr : b["bias_c"],
                         .state = state,
                         .hidden_state = b["new h"],
                         .rows = k.rows,
                         .hidden = k.hidden,
                         .part = {}};
  LstmBackward<T> backward{.norm = forward.norm,
                           .input = forward.input,
                           .recurrent = forward.recurrent,
                           .cell = forward.cell,
                           .state = state,
                           .dhidden = b["dh"],
                           .dinput = b.gradient("dp", "dgain_ih", width),
                           .drecurrent = b.gradient("dq", "dgain_hh", width),
                           .dcell = b.gradient("dc", "dgain_c", k.hidden),
                           .dbias = b.sum("dbias_ih", width),
                           .dbias_cell = b.sum("dbias_c", k.hidden),
                           .rows = k.rows,
                           .hidden = k.hidden,
                           .part = {}};
  in_two_parts(k, [&](const CellPart& part) {
    forward.part = backward.part = part;
    lstm_forward(forward);
    lstm_backward(backward);
  });
}

template <class T>
void run_gru(const Case& k, Buffers<T>& b) {
  const Index size = k.rows * k.hidden, width = k.width();
  for (const std::string name : {"gates", "dp", "dq"}) b.make(name, 4 * size);
  const T* bias_hn = k.plain() ? b["bias_hh"] + 2 * k.hidden : b["bias_hn"];
  GruForward<T> forward{.norm = k.cell_norm<T>(),
                        .input = b.matrix(k, "p", "ih", width, 2),
                        .recurrent = b.matrix(k, "q", "hh", width, 2),
                        .bias = b["bias_ih"],
                        .bias_hn = bias_hn,
                        .gates = b["gates"],
                        .previous_hidden = b["h"],
                        .hidden_state = b.make("new h", size),
                        .rows = k.rows,
                        .hidden = k.hidden,
                        .part = {}};
  GruBackward<T> backward{.norm = forward.norm,
                          .input = forward.input,
                          .recurrent = forward.recurrent,
                          .bias_hn = bias_hn,
                          .gates = b["gates"],
                          .previous_hidden = b["h"],
                          .dhidden = b["dh"],
                          .dprevious_hidden = b.sum("dh'", size),
                          .dinput = b.gradient("dp", "dgain_ih", width),
                          .drecurrent = b.gradient("dq", "dgain_hh", width),
                          .dbias = b.sum("dbias_ih", width),
                          .dbias_hn = b.sum("dbias_hn", k.hidden),
                          .rows = k.rows,
                          .hidden = k.hidden,
                          .part = {}};
  in_two_parts(k, [&](const CellPart& part) {
    forward.part = backward.part = part;
    gru_forward(forward);
    gru_backward(backward);
  });
}

template <class T>
void run(const Case& k, Buffers<T>& b) {
  if (k.cell == CellKind::tanh) run_tanh(k, b);
  if (k.cell == CellKind::lstm) run_lstm(k, b);
  if (k.cell == CellKind::gru) run_gru(k, b);
}

// What the kernels must have left in each buffer.
Tensors expected_results(const Case& k, const Tensors& t) {
  Tensors expected;
  const auto [h, c] = reference_step(k, t);
  expected["new h"] = h;
  if (k.cell == CellKind::lstm) {
    expected["new c"] = c;
    expected["dc"] = reference_gradient(k, t, "c");
  }
  const auto add_sum = [&](const std::string& name, const Row& gradient) {
    for (const double g : gradient) expected[name].push_back(before + g);
  };
  if (k.cell == CellKind::gru) add_sum("dh'", reference_gradient(k, t, "h"));
  expected["dp"] = reference_gradient(k, t, "p");
  // One sum of p and q has one gradient.
  if (!k.together()) expected["dq"] = reference_gradient(k, t, "q");
  for (const auto& [name, values] : t) {
    const bool unused = k.norm == Norm::rms && name == "bias_c";
    if (name.size() > 2 && name != "bias_hh" && !unused) add_sum("d" + name, reference_gradient(k, t, name));
  }
  if (k.cell == CellKind::gru && k.plain()) {
    const Row dbias_hh = reference_gradient(k, t, "bias_hh");
    add_sum("dbias_hn", Row(dbias_hh.end() - k.hidden, dbias_hh.end()));
  }
  return expected;
}

template <class T>
void check(const Case& k, const Tensors& given, const Tensors& expected, double tolerance) {
  Buffers<T> b(given);
  run(k, b);
  for (const auto& one : expected) {
    const auto& name = one.first;
    const auto& values = one.second;
    INFO(k.name() << ", " << name);
    double worst = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double error = std::abs(b.result(name)[i] - values[i]) / (1 + std::abs(values[i]));
      if (!(error <= worst)) worst = error;
    }
    CHECK(worst < tolerance);
  }
}

}  // namespace

TEST_CASE("recurrent cell kernels: one step forward and backward is that of scalar loops") {
  // Less than a vector, and whole vectors with a rest: of 16 numbers, and under the sanitizers of 8.
  const std::vector<Index> sizes =
      testing::sanitized ? std::vector<Index>{3, 15} : std::vector<Index>{3, 16, 21};
  for (const auto cell : {CellKind::tanh, CellKind::lstm, CellKind::gru}) {
    for (const auto norm : {Norm::none, Norm::layer, Norm::rms, Norm::group, Norm::batch, Norm::dyt}) {
      for (const Index size : sizes) {
        const Index hidden = norm == Norm::group && size == 3 ? 9 : size;
        const Case k{cell, norm, 5, hidden};
        const Tensors given = inputs(k);
        const Tensors expected = expected_results(k, given);
        for (const auto target : hwy::SupportedAndGeneratedTargets()) {
          INFO(hwy::TargetName(target));
          hwy::SetSupportedTargetsForTest(target);
          check<double>(k, given, expected, 1e-7);  // what central differences leave
          check<float>(k, given, expected, 1e-4);
          hwy::SetSupportedTargetsForTest(0);
        }
      }
    }
  }
}

}  // namespace normlab
