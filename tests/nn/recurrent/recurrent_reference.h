// Recurrent layers as plain scalar loops in double precision, straight from the formulas of
// kernels/recurrent/{tanh,lstm,gru}_cell.h.
#pragma once

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "normlab/nn/recurrent/recurrent.h"

namespace normlab::test {

using Row = std::vector<double>;
using Matrix = std::vector<Row>;  // one row a sample

inline double logistic(double a) {
  return 1 / (1 + std::exp(-a));
}

struct ColumnStatistics {
  Row mean, variance;  // biased
};

class RecurrentReference {
 public:
  RecurrentReference(CellKind cell, const NormSpec& norm, Index hidden, Parameters<double>& parameters,
                     const std::string& prefix, const std::string& suffix)
      : cell_(cell), norm_(norm), hidden_(static_cast<std::size_t>(hidden)) {
    for (auto& parameter : parameters.parameters()) take(parameter.name, parameter.data, prefix, suffix);
    for (auto& buffer : parameters.buffers()) take(buffer.name, buffer.data, prefix, suffix);
    if (norm.kind == Norm::weight) {
      for (const std::string weight : {"weight_ih", "weight_hh"}) {
        tensors_[weight] = weight_norm(tensors_[weight + "_v"], tensors_[weight + "_g"]);
      }
    }
  }

  // Uses the running statistics of the buffers instead of those of the batch.
  bool evaluation = false;
  // Of every step so far, by matrix: ih, hh, c.
  std::map<std::string, std::vector<ColumnStatistics>> statistics;

  // One step: h and c are replaced.
  void step(const Matrix& x, Matrix& h, Matrix& c) {
    const Matrix p = product(x, tensors_["weight_ih"]);
    const Matrix q = product(h, tensors_["weight_hh"]);
    step(p, q, h, c);
  }

  // The same from the products p = W_ih x and q = W_hh h.
  void step(const Matrix& p, const Matrix& q, Matrix& h, Matrix& c) {
    if (cell_ == CellKind::tanh) tanh_step(p, q, h);
    if (cell_ == CellKind::lstm) lstm_step(p, q, h, c);
    if (cell_ == CellKind::gru) gru_step(p, q, h);
    ++step_;
  }

 private:
  void take(const std::string& name, const Tensor<double>& tensor, const std::string& prefix,
            const std::string& suffix) {
    // "rnn.weight_ih_l0_reverse_v" with suffix "_l0_reverse" is known as "weight_ih_v".
    std::string key = name.substr(prefix.size());
    const auto at = key.find(suffix);
    key.erase(at, suffix.size());
    if (key.ends_with("_reverse")) return;
    tensors_[key] = Row(tensor.span().begin(), tensor.span().end());
  }

  static Row weight_norm(const Row& v, const Row& g) {
    const std::size_t columns = v.size() / g.size();
    Row w(v.size());
    for (std::size_t i = 0; i < g.size(); ++i) {
      double square = 0;
      for (std::size_t j = 0; j < columns; ++j) square += v[i * columns + j] * v[i * columns + j];
      for (std::size_t j = 0; j < columns; ++j)
        w[i * columns + j] = g[i] * v[i * columns + j] / std::sqrt(square);
    }
    return w;
  }

  static Matrix product(const Matrix& x, const Row& w) {
    Matrix y(x.size(), Row(w.size() / x[0].size(), 0.0));
    for (std::size_t b = 0; b < x.size(); ++b) {
      for (std::size_t i = 0; i < y[b].size(); ++i) {
        for (std::size_t j = 0; j < x[b].size(); ++j) y[b][i] += w[i * x[b].size() + j] * x[b][j];
      }
    }
    return y;
  }

  // The norm of columns [begin, end) of x: of each row, or its equal groups, by itself, or of each column
  // over the rows.
  Matrix normalize(Matrix x, std::size_t begin, std::size_t end) const {
    if (norm_.kind == Norm::batch) {
      for (std::size_t j = begin; j < end; ++j) normalize_column(x, j);
    } else {
      const std::size_t groups = norm_.kind == Norm::group ? static_cast<std::size_t>(norm_.groups) : 1;
      const std::size_t size = (end - begin) / groups;
      for (Row& row : x) {
        for (std::size_t at = begin; at < end; at += size) normalize_row(row, at, at + size);
      }
    }
    return x;
  }

  // Dynamic tanh, with the alpha of that name.
  Matrix squash(Matrix x, const std::string& alpha) const {
    for (Row& row : x) {
      for (double& element : row) element = std::tanh(tensors_.at(alpha).at(0) * element);
    }
    return x;
  }

  void normalize_row(Row& row, std::size_t begin, std::size_t end) const {
    const double n = static_cast<double>(end - begin);
    double mean = 0, square = 0;
    if (norm_.kind != Norm::rms) {
      for (std::size_t j = begin; j < end; ++j) mean += row[j] / n;
    }
    for (std::size_t j = begin; j < end; ++j) square += (row[j] - mean) * (row[j] - mean) / n;
    for (std::size_t j = begin; j < end; ++j) row[j] = (row[j] - mean) / std::sqrt(square + norm_.epsilon);
  }

  void normalize_column(Matrix& x, std::size_t j) const {
    const double n = static_cast<double>(x.size());
    double mean = 0, variance = 0;
    for (const Row& row : x) mean += row[j] / n;
    for (const Row& row : x) variance += (row[j] - mean) * (row[j] - mean) / n;
    for (Row& row : x) row[j] = (row[j] - mean) / std::sqrt(variance + norm_.epsilon);
  }

  // All columns of a matrix under batch norm with its running statistics, in evaluation.
  Matrix normalize_with_running(Matrix x, const std::string& matrix) {
    const Row& mean = tensors_["running_mean_" + matrix];
    const Row& variance = tensors_["running_var_" + matrix];
    const std::size_t width = x[0].size();
    const std::size_t known = std::min(step_, mean.size() / width - 1);
    for (Row& row : x) {
      for (std::size_t j = 0; j < width; ++j) {
        row[j] = (row[j] - mean[known * width + j]) / std::sqrt(variance[known * width + j] + norm_.epsilon);
      }
    }
    return x;
  }

  // `splits` are the column ranges that layer and rms normalize by themselves.
  Matrix scaled(const Matrix& x, const std::string& matrix, std::vector<std::size_t> splits) {
    note_statistics(x, matrix);
    Matrix y = x;
    if (norm_.kind == Norm::dyt) {
      y = squash(x, "alpha_" + matrix);
    } else if (norm_.kind == Norm::batch && evaluation) {
      y = normalize_with_running(x, matrix);
    } else {
      std::size_t begin = 0;
      for (const std::size_t end : splits) {
        y = normalize(y, begin, end);
        begin = end;
      }
    }
    for (Row& row : y) {
      for (std::size_t j = 0; j < row.size(); ++j) row[j] *= gain("gain_" + matrix, j);
    }
    return y;
  }

  void note_statistics(const Matrix& x, const std::string& matrix) {
    const double n = static_cast<double>(x.size());
    ColumnStatistics s{Row(x[0].size(), 0.0), Row(x[0].size(), 0.0)};
    for (std::size_t j = 0; j < x[0].size(); ++j) {
      for (const Row& row : x) s.mean[j] += row[j] / n;
      for (const Row& row : x) s.variance[j] += (row[j] - s.mean[j]) * (row[j] - s.mean[j]) / n;
    }
    statistics[matrix].push_back(s);
  }

  // What a cell does not learn changes nothing.
  double gain(const std::string& name, std::size_t j) const { return learned(name, j, 1); }
  double bias(const std::string& name, std::size_t j) const { return learned(name, j, 0); }
  double learned(const std::string& name, std::size_t j, double otherwise) const {
    const auto found = tensors_.find(name);
    return found == tensors_.end() ? otherwise : found->second.at(j);
  }

  bool plain() const { return norm_.kind == Norm::none || norm_.kind == Norm::weight; }

  void tanh_step(const Matrix& p, const Matrix& q, Matrix& h) {
    const bool together = !plain() && norm_.kind != Norm::batch;
    Matrix sum = p;
    if (together) {
      for (std::size_t b = 0; b < p.size(); ++b) {
        for (std::size_t j = 0; j < hidden_; ++j) sum[b][j] = p[b][j] + q[b][j];
      }
      sum = norm_.kind == Norm::dyt ? squash(sum, "alpha") : normalize(sum, 0, hidden_);
    }
    const Matrix n_p = plain() || together ? p : scaled(p, "ih", {hidden_});
    const Matrix n_q = plain() || together ? q : scaled(q, "hh", {hidden_});
    for (std::size_t b = 0; b < p.size(); ++b) {
      for (std::size_t j = 0; j < hidden_; ++j) {
        double a = n_p[b][j] + n_q[b][j];
        if (together)
          a = gain("gain", j) * sum[b][j] + bias("bias", j);
        else
          a += bias("bias_ih", j);
        if (plain()) a += bias("bias_hh", j);
        h[b][j] = std::tanh(a);
      }
    }
  }

  void lstm_step(const Matrix& p, const Matrix& q, Matrix& h, Matrix& c) {
    const Matrix n_p = plain() ? p : scaled(p, "ih", {4 * hidden_});
    const Matrix n_q = plain() ? q : scaled(q, "hh", {4 * hidden_});
    Matrix output_gate = h;
    for (std::size_t b = 0; b < p.size(); ++b) {
      for (std::size_t j = 0; j < hidden_; ++j) {
        double a[4];
        for (std::size_t gate = 0; gate < 4; ++gate) {
          const std::size_t at = gate * hidden_ + j;
          a[gate] = n_p[b][at] + n_q[b][at] + bias("bias_ih", at);
          if (plain()) a[gate] += bias("bias_hh", at);
        }
        c[b][j] = logistic(a[1]) * c[b][j] + logistic(a[0]) * std::tanh(a[2]);
        output_gate[b][j] = logistic(a[3]);
      }
    }
    const Matrix n_c = plain() ? c : scaled(c, "c", {hidden_});
    for (std::size_t b = 0; b < p.size(); ++b) {
      for (std::size_t j = 0; j < hidden_; ++j) {
        const bool biased = !plain() && norm_.kind != Norm::rms;
        h[b][j] = output_gate[b][j] * std::tanh(n_c[b][j] + (biased ? bias("bias_c", j) : 0.0));
      }
    }
  }

  void gru_step(const Matrix& p, const Matrix& q, Matrix& h) {
    const Matrix n_p = plain() ? p : scaled(p, "ih", {2 * hidden_, 3 * hidden_});
    const Matrix n_q = plain() ? q : scaled(q, "hh", {2 * hidden_, 3 * hidden_});
    for (std::size_t b = 0; b < p.size(); ++b) {
      for (std::size_t j = 0; j < hidden_; ++j) {
        const auto bias_hh = [&](std::size_t gate) {
          if (plain()) return bias("bias_hh", gate * hidden_ + j);
          return gate == 2 ? bias("bias_hn", j) : 0.0;
        };
        const auto from_input = [&](std::size_t gate) {
          return n_p[b][gate * hidden_ + j] + bias("bias_ih", gate * hidden_ + j);
        };
        const auto from_recurrent = [&](std::size_t gate) {
          return n_q[b][gate * hidden_ + j] + bias_hh(gate);
        };
        const double r = logistic(from_input(0) + from_recurrent(0));
        const double z = logistic(from_input(1) + from_recurrent(1));
        const double n = std::tanh(from_input(2) + r * from_recurrent(2));
        h[b][j] = (1 - z) * n + z * h[b][j];
      }
    }
  }

  CellKind cell_;
  NormSpec norm_;
  std::size_t hidden_;
  std::size_t step_ = 0;
  std::map<std::string, Row> tensors_;
};

}  // namespace normlab::test
