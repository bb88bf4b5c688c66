// Rows of a table, chosen by integers.
#pragma once

#include <cstdint>
#include <vector>

#include "normlab/nn/graph.h"

namespace normlab {

// table (vocabulary, size), indices (positions), y (positions, size) under any leading dimensions: y_p =
// table[indices_p].
template <class T>
class Embedding : public Op<T> {
 public:
  // `indices` is read at every forward() and must outlive the operation; each in [0, vocabulary).
  Embedding(const std::vector<std::int32_t>& indices, Value<T>& table, Value<T>& y);
  std::string name() const override { return "embedding"; }
  void forward() override;
  void backward() override;  // rows that occur several times add up in the order of the positions

 private:
  const std::vector<std::int32_t>& indices_;
  Input<T> table_;
  Output<T> y_;
};

}  // namespace normlab
