// Rows of a table, chosen by integers.
#pragma once

#include <cstdint>
#include <vector>

#include "normlab/nn/graph/graph.h"

namespace normlab {

// table (vocabulary, size), indices (positions), y (positions, size) under any leading dimensions: y_p =
// table[indices_p].
template <class T>
class Embedding : public Op<T> {
 public:
  Embedding(Value<T>& table, Value<T>& y);
  std::string name() const override { return "embedding"; }
  void forward() override;
  void backward() override;  // rows that occur several times add up in the order of the positions

  // (positions), each in [0, vocabulary); set before forward().
  std::vector<std::int32_t>& indices() { return indices_; }

 private:
  std::vector<std::int32_t> indices_;
  Input<T> table_;
  Output<T> y_;
};

}  // namespace normlab
