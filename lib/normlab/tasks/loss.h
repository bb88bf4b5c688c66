// What training minimizes, at the end of a recorded graph, and what is added up of it to make metrics of.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

#include "normlab/nn/graph/graph.h"
#include "normlab/tasks/batch_buffers.h"

namespace normlab {

// Sums over batches.
struct MetricSums {
  explicit MetricSums(std::size_t sums) : values(sums) {}

  double mean_loss() const { return values.front() / static_cast<double>(std::max<Index>(count, 1)); }
  void clear();
  MetricSums& operator+=(const MetricSums& other);  // allocates nothing

  std::vector<double> values;  // one for each of Task::sums, the loss first
  Index count = 0;             // predictions
};

template <class T>
class Loss {
 public:
  virtual ~Loss() = default;
  // Adds those of the last forward(). Allocates nothing.
  virtual void add_to(MetricSums& sums) const = 0;
};

// Adds the loss of `output`, what the network says, to the end of `graph`, and its labels to `buffers`.
template <class T>
using LossAdder = std::unique_ptr<Loss<T>> (*)(Graph<T>& graph, Value<T>& output, BatchBuffers<T>& buffers);

}  // namespace normlab
