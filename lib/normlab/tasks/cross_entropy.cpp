#include "normlab/tasks/cross_entropy.h"

#include "normlab/nn/softmax_cross_entropy.h"

namespace normlab {
namespace {

template <class T>
class CrossEntropyLoss final : public Loss<T> {
 public:
  explicit CrossEntropyLoss(const SoftmaxCrossEntropy<T>& op) : op_(op) {}

  void add_to(MetricSums& sums) const override {
    sums.values[0] += op_.sums().loss;
    sums.values[1] += static_cast<double>(op_.sums().errors);
    sums.count += op_.sums().count;
  }

 private:
  const SoftmaxCrossEntropy<T>& op_;
};

template <class T>
std::unique_ptr<Loss<T>> add_cross_entropy(Graph<T>& graph, Value<T>& logits, BatchBuffers<T>& buffers) {
  auto& op = graph.template add<SoftmaxCrossEntropy<T>>(logits);
  buffers.add_integers(input::labels, op.labels());
  return std::make_unique<CrossEntropyLoss<T>>(op);
}

}  // namespace

std::tuple<LossAdder<float>, LossAdder<double>> cross_entropy() {
#if NORMLAB_WITH_DOUBLE
  return {add_cross_entropy<float>, add_cross_entropy<double>};
#else
  return {add_cross_entropy<float>, nullptr};
#endif
}

std::vector<SumSpec> cross_entropy_sums() {
  return {{.name = "loss"}, {.name = "errors", .counts_predictions = true}};
}

std::vector<Metric> cross_entropy_metrics() {
  return {{.name = "loss", .unit = "nats", .better = Better::lower, .best = 0},
          {.name = "error", .unit = "fraction", .better = Better::lower, .best = 0}};
}

MetricValues cross_entropy_values(const MetricSums& sums) {
  const double count = static_cast<double>(std::max<Index>(sums.count, 1));
  return {sums.mean_loss(), sums.values[1] / count};
}

}  // namespace normlab
