// One time step of every recurrent cell, forward and backward, on every instruction set of this machine,
// against plain scalar loops in double precision (nn/recurrent_reference.h) and their central differences.
// Widths leave a part of a vector, rows a part of a block, and sums are added to what was there.
#include <doctest/doctest.h>
#include <hwy/highway.h>

#include <map>
#include <string>
#include <vector>

#include "nn/recurrent_reference.h"
#include "normlab/core/random.h"
#include "normlab/kernels/gru_cell.h"
#include "normlab/kernels/gru_cell_batch.h"
#include "normlab/kernels/lstm_cell.h"
#include "normlab/kernels/lstm_cell_batch.h"
#include "normlab/kernels/tanh_cell.h"
#include "normlab/kernels/tanh_cell_batch.h"

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
  RowNorm row_norm() const {
    return norm == Norm::layer ? RowNorm::layer : (norm == Norm::rms ? RowNorm::rms : RowNorm::none);
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

// p, q, h, c and the parameters that the cell has, by their names in nn/recurrent.h; dh and dc, the gradients
// of the new h and c.
Tensors inputs(const Case& k) {
  const Index small = k.rows * k.hidden;
  Tensors t;
  for (const std::string name : {"p", "q"}) t[name] = drawn(k.rows * k.width(), name, 0.5);
  for (const std::string name : {"h", "c", "dh", "dc"}) t[name] = drawn(small, name);
  const bool together = k.cell == CellKind::tanh && (k.norm == Norm::layer || k.norm == Norm::rms);
  t[together ? "bias" : "bias_ih"] = drawn(k.width(), "bias_ih");
  if (k.plain()) {
    t["bias_hh"] = Row(static_cast<std::size_t>(k.width()), 0.0);
    return t;
  }
  if (together) t["gain"] = drawn(k.hidden, "gain", 1);
  if (!together) {
    for (const std::string name : {"gain_ih", "gain_hh"}) t[name] = drawn(k.width(), name, 1);
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
  test::RecurrentReference reference(k.cell, {.kind = k.norm, .epsilon = epsilon}, k.hidden, parameters, "",
                                     "");
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
  ColumnNorm<T> columns(const std::string& name, Index count) {
    return {make(name + ".mean", count), make(name + ".reciprocal", count), make(name + ".shift", count),
            make(name + ".running_mean", count), make(name + ".running_variance", count)};
  }
  const std::vector<T>& result(const std::string& name) const { return all_.at(name); }

 private:
  std::map<std::string, std::vector<T>> all_;
};

template <class T>
ColumnNormSettings<T> settings() {
  return {static_cast<T>(epsilon), T(0.1), true};
}

// Calls body(begin, end) for two parts of the units, as two threads would.
template <class Body>
void in_two_parts(Index hidden, const Body& body) {
  body(Index{0}, hidden / 3);
  body(hidden / 3, hidden);
}

template <class T>
void run_tanh(const Case& k, Buffers<T>& b) {
  const Index size = k.rows * k.hidden;
  b.add("p", "q");
  T* h = b.make("new h", size);
  std::vector<RowScaling<T>> scaling(static_cast<std::size_t>(k.rows));
  const bool plain = k.plain();
  T* gain = plain ? nullptr : b["gain"];
  tanh_cell_forward(TanhCellForward<T>{k.row_norm(), b["p"], gain, b[plain ? "bias_ih" : "bias"], h,
                                       scaling.data(), k.rows, k.hidden, static_cast<T>(epsilon)});
  T* dp = b.make("dp", size);
  tanh_cell_backward(TanhCellBackward<T>{k.row_norm(), h, b["dh"], b["p"], dp, gain, scaling.data(),
                                         b.sum("dgain", k.hidden),
                                         b.sum(plain ? "dbias_ih" : "dbias", k.hidden), k.rows, k.hidden});
}

template <class T>
void run_tanh_batch(const Case& k, Buffers<T>& b) {
  const Index size = k.rows * k.hidden;
  const auto input_norm = b.columns("ih", k.hidden), recurrent_norm = b.columns("hh", k.hidden);
  T *h = b.make("new h", size), *dp = b.make("dp", size), *dq = b.make("dq", size);
  T *dgain_ih = b.sum("dgain_ih", k.hidden), *dgain_hh = b.sum("dgain_hh", k.hidden);
  T* dbias = b.sum("dbias_ih", k.hidden);
  in_two_parts(k.hidden, [&](Index begin, Index end) {
    tanh_cell_batch_forward(TanhCellBatchForward<T>{b["p"], b["q"], b["gain_ih"], b["gain_hh"], b["bias_ih"],
                                                    h, input_norm, recurrent_norm, settings<T>(), k.rows,
                                                    k.hidden, begin, end});
    tanh_cell_batch_backward(TanhCellBatchBackward<T>{h, b["dh"], b["p"], b["q"], dp, dq, b["gain_ih"],
                                                      b["gain_hh"], dgain_ih, dgain_hh, dbias, input_norm,
                                                      recurrent_norm, k.rows, k.hidden, begin, end});
  });
}

template <class T>
void run_lstm(const Case& k, Buffers<T>& b) {
  const Index size = k.rows * k.hidden, width = k.width();
  const bool plain = k.plain();
  if (plain) b.add("p", "q");
  T* gates = plain ? b["p"] : b.make("gates", 4 * size);
  T *c = b.make("new c", size), *tanh_c = b.make("tanh c", size), *h = b.make("new h", size);
  std::vector<RowScaling<T>> scaling(static_cast<std::size_t>(3 * k.rows));
  RowScaling<T>*first = scaling.data(), *second = first + k.rows, *third = second + k.rows;
  const auto if_normalized = [&](const char* name) -> T* { return plain ? nullptr : b[name]; };
  T *gain_ih = if_normalized("gain_ih"), *gain_hh = if_normalized("gain_hh"),
    *gain_c = if_normalized("gain_c");
  lstm_forward(LstmForward<T>{k.row_norm(),
                              b["p"],
                              b["q"],
                              gates,
                              gain_ih,
                              gain_hh,
                              b["bias_ih"],
                              gain_c,
                              if_normalized("bias_c"),
                              b["c"],
                              c,
                              tanh_c,
                              h,
                              first,
                              second,
                              third,
                              k.rows,
                              k.hidden,
                              static_cast<T>(epsilon),
                              false});
  lstm_backward(LstmBackward<T>{k.row_norm(),
                                b["dh"],
                                b["dc"],
                                gates,
                                b["p"],
                                b["q"],
                                c,
                                tanh_c,
                                b["c"],
                                gain_ih,
                                gain_hh,
                                gain_c,
                                first,
                                second,
                                third,
                                b.make("dp", 4 * size),
                                b.make("dq", 4 * size),
                                b.sum("dbias_ih", width),
                                b.sum("dgain_ih", width),
                                b.sum("dgain_hh", width),
                                b.sum("dgain_c", k.hidden),
                                b.sum("dbias_c", k.hidden),
                                k.rows,
                                k.hidden});
}

template <class T>
void run_lstm_batch(const Case& k, Buffers<T>& b) {
  const Index size = k.rows * k.hidden, width = k.width();
  const auto input_norm = b.columns("ih", width), recurrent_norm = b.columns("hh", width),
             cell_norm = b.columns("cell", k.hidden);
  T *gates = b.make("gates", 4 * size), *c = b.make("new c", size), *tanh_c = b.make("tanh c", size);
  T *h = b.make("new h", size), *dp = b.make("dp", 4 * size), *dq = b.make("dq", 4 * size);
  T *dbias = b.sum("dbias_ih", width), *dgain_ih = b.sum("dgain_ih", width);
  T *dgain_hh = b.sum("dgain_hh", width), *dgain_c = b.sum("dgain_c", k.hidden);
  T *dbias_c = b.sum("dbias_c", k.hidden), *kept_c = b.make("kept c", size);
  in_two_parts(k.hidden, [&](Index begin, Index end) {
    lstm_batch_forward(
        LstmBatchForward<T>{b["p"],        b["q"],      gates,       b["gain_ih"],   b["gain_hh"],
                            b["bias_ih"],  b["gain_c"], b["bias_c"], b["c"],         c,
                            tanh_c,        h,           input_norm,  recurrent_norm, cell_norm,
                            settings<T>(), k.rows,      k.hidden,    begin,          end});
    std::copy_n(c, size, kept_c);  // backward needs the room
    lstm_batch_backward(LstmBatchBackward<T>{
        b["dh"],    b["dc"],        gates,        b["p"],      b["q"],   dp,       dq,       kept_c,  tanh_c,
        b["c"],     b["gain_ih"],   b["gain_hh"], b["gain_c"], dbias,    dgain_ih, dgain_hh, dgain_c, dbias_c,
        input_norm, recurrent_norm, cell_norm,    k.rows,      k.hidden, begin,    end});
  });
}

template <class T>
void run_gru(const Case& k, Buffers<T>& b) {
  const Index size = k.rows * k.hidden, width = k.width();
  const bool plain = k.plain();
  T* gates = b.make("gates", 4 * size);
  T* h = b.make("new h", size);
  std::vector<GruRowScaling<T>> scaling(static_cast<std::size_t>(k.rows));
  T *gain_ih = plain ? nullptr : b["gain_ih"], *gain_hh = plain ? nullptr : b["gain_hh"];
  const T* bias_hn = plain ? b["bias_hh"] + 2 * k.hidden : b["bias_hn"];
  gru_forward(GruForward<T>{k.row_norm(), b["p"], b["q"], gates, gain_ih, gain_hh, b["bias_ih"], bias_hn,
                            b["h"], h, scaling.data(), k.rows, k.hidden, static_cast<T>(epsilon)});
  gru_backward(GruBackward<T>{k.row_norm(), b["dh"], b["h"], b.sum("dh'", size), gates, b["p"], b["q"],
                              b.make("dp", 3 * size), b.make("dq", 3 * size), gain_ih, gain_hh, bias_hn,
                              scaling.data(), b.sum("dbias_ih", width), b.sum("dgain_ih", width),
                              b.sum("dgain_hh", width), b.sum("dbias_hn", k.hidden), k.rows, k.hidden});
}

template <class T>
void run_gru_batch(const Case& k, Buffers<T>& b) {
  const Index size = k.rows * k.hidden, width = k.width();
  const auto input_norm = b.columns("ih", width), recurrent_norm = b.columns("hh", width);
  T *gates = b.make("gates", 4 * size), *h = b.make("new h", size);
  T *dp = b.make("dp", 3 * size), *dq = b.make("dq", 3 * size), *dprevious = b.sum("dh'", size);
  T *dbias = b.sum("dbias_ih", width), *dgain_ih = b.sum("dgain_ih", width);
  T *dgain_hh = b.sum("dgain_hh", width), *dbias_hn = b.sum("dbias_hn", k.hidden);
  in_two_parts(k.hidden, [&](Index begin, Index end) {
    gru_batch_forward(GruBatchForward<T>{b["p"], b["q"], gates, b["gain_ih"], b["gain_hh"], b["bias_ih"],
                                         b["bias_hn"], b["h"], h, input_norm, recurrent_norm, settings<T>(),
                                         k.rows, k.hidden, begin, end});
    gru_batch_backward(GruBatchBackward<T>{b["dh"],        b["h"],   dprevious, gates,        b["p"],
                                           b["q"],         dp,       dq,        b["gain_ih"], b["gain_hh"],
                                           dbias,          dgain_ih, dgain_hh,  dbias_hn,     input_norm,
                                           recurrent_norm, k.rows,   k.hidden,  begin,        end});
  });
}

template <class T>
void run(const Case& k, Buffers<T>& b) {
  const bool batch = k.norm == Norm::batch;
  if (k.cell == CellKind::tanh) batch ? run_tanh_batch(k, b) : run_tanh(k, b);
  if (k.cell == CellKind::lstm) batch ? run_lstm_batch(k, b) : run_lstm(k, b);
  if (k.cell == CellKind::gru) batch ? run_gru_batch(k, b) : run_gru(k, b);
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
  const bool together =
      k.norm != Norm::batch && (k.cell == CellKind::tanh || (k.cell == CellKind::lstm && k.plain()));
  if (!together) expected["dq"] = reference_gradient(k, t, "q");
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
  for (const auto& [name, values] : expected) {
    INFO(k.name() << ", " << name);
    double worst = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double error = std::abs(b.result(name)[i] - values[i]) / (1 + std::abs(values[i]));
      if (!(error <= worst)) worst = error;
    }
    CHECK(worst < tolerance);
  }
}

// Everything that the forward pass of the normalized LSTM writes, on rows of random numbers.
template <class T>
std::vector<T> lstm_forward_results(RowNorm norm, Index hidden, bool streaming) {
  constexpr Index rows = 3;
  const auto filled = [](const std::string& name, Index count) {
    Tensor<T> tensor({count});
    const Row values = drawn(count, name, 0.5);
    std::copy(values.begin(), values.end(), tensor.data());
    return tensor;
  };
  const Index size = rows * hidden, width = 4 * hidden;
  Tensor<T> p = filled("p", 4 * size), q = filled("q", 4 * size), before_c = filled("c", size);
  const Tensor<T> gain_ih = filled("gain_ih", width), gain_hh = filled("gain_hh", width),
                  bias = filled("bias_ih", width), gain_c = filled("gain_c", hidden),
                  bias_c = filled("bias_c", hidden);
  Tensor<T> gates({4 * size}), c({size}), tanh_c({size}), h({size});
  std::vector<RowScaling<T>> scaling(3 * rows);
  lstm_forward(LstmForward<T>{norm,
                              p.data(),
                              q.data(),
                              gates.data(),
                              gain_ih.data(),
                              gain_hh.data(),
                              bias.data(),
                              gain_c.data(),
                              bias_c.data(),
                              before_c.data(),
                              c.data(),
                              tanh_c.data(),
                              h.data(),
                              scaling.data(),
                              scaling.data() + rows,
                              scaling.data() + 2 * rows,
                              rows,
                              hidden,
                              static_cast<T>(epsilon),
                              streaming});
  std::vector<T> results;
  for (const auto* tensor : {&p, &q, &gates, &c, &tanh_c, &h}) {
    results.insert(results.end(), tensor->data(), tensor->data() + tensor->size());
  }
  return results;
}

}  // namespace

// 64 units are whole vectors and are streamed; 21 are not, and streaming them would fault or overwrite.
TEST_CASE("LSTM kernel: results written past the caches are the same") {
  for (const auto target : hwy::SupportedAndGeneratedTargets()) {
    INFO(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    for (const auto norm : {RowNorm::layer, RowNorm::rms}) {
      for (const Index hidden : {64, 21}) {
        CHECK(lstm_forward_results<float>(norm, hidden, true) ==
              lstm_forward_results<float>(norm, hidden, false));
        CHECK(lstm_forward_results<double>(norm, hidden, true) ==
              lstm_forward_results<double>(norm, hidden, false));
      }
    }
    hwy::SetSupportedTargetsForTest(0);
  }
}

TEST_CASE("recurrent cell kernels: one step forward and backward is that of scalar loops") {
  for (const auto cell : {CellKind::tanh, CellKind::lstm, CellKind::gru}) {
    for (const auto norm : {Norm::none, Norm::layer, Norm::rms, Norm::batch}) {
      for (const Index hidden : {3, 16, 21}) {
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
