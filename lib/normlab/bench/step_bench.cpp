#include "normlab/bench/step_bench.h"

#include <algorithm>
#include <numeric>

#include "normlab/models/recurrent.h"
#include "normlab/nn/norm/norm_traits.h"

namespace normlab::bench {
namespace {

constexpr auto elementwise = static_cast<std::size_t>(Section::elementwise);
constexpr auto normalization = static_cast<std::size_t>(Section::normalization);

StepLimit step_limit(const Step& step, const ProductLog& log, const Limits& limits, ProductBench& products) {
  StepLimit limit;
  for (const auto& [product, total] : log.products) {
    limit.product_seconds += static_cast<double>(total.count) * products(product).best.median;
  }
  for (const auto& [convolution, total] : log.convolutions) {
    const auto& [shape, pass] = convolution;
    limit.product_seconds += static_cast<double>(total.count) * products(shape, pass).best.median;
  }
  const auto copy_seconds = [&](Index moved, Index footprint) {
    constexpr double bytes = sizeof(float);
    return bytes * static_cast<double>(moved) / limits.copy_rate(bytes * static_cast<double>(footprint));
  };
  for (const auto& op : step.graph().ops()) {
    const Traffic traffic = op->traffic();
    if (traffic.moved > 0) limit.traffic_seconds += copy_seconds(traffic.moved, traffic.footprint);
  }
  if (step.parameters() > 0)
    limit.traffic_seconds += copy_seconds(7 * step.parameters(), 4 * step.parameters());
  return limit;
}

Index diagnostic_repeats(double median) {
  constexpr double wanted_seconds = 0.05;
  return std::clamp<Index>(static_cast<Index>(wanted_seconds / median), 3, 200);
}

// Shares of the sections in a few more steps, with the clock on, scaled to the median.
std::array<double, section_count> measure_sections(Step& step, double median) {
  const Index repeats = diagnostic_repeats(median);
  SectionClock::start();
  for (Index i = 0; i < repeats; ++i) step();
  std::array<double, section_count> sections = SectionClock::stop();
  const double total = std::accumulate(sections.begin(), sections.end(), 0.0);
  for (double& seconds : sections) seconds *= median / total;
  return sections;
}

void split_recurrent_cell(StepResult& result, const StepResult& none) {
  const bool recurrent = result.step.spec.get_if<Recurrent>() != nullptr;
  if (!recurrent || !traits(result.step.norm.kind).normalizes()) return;
  const double plain = std::min(none.sections[elementwise], result.sections[elementwise]);
  result.sections[normalization] += result.sections[elementwise] - plain;
  result.sections[elementwise] = plain;
}

// The products of one step, averaged over a few.
ProductLog products_of(Step& step, double median) {
  const Index repeats = diagnostic_repeats(median);
  const ProductRecording recording;
  for (Index i = 0; i < repeats; ++i) step();
  ProductLog log = recording.log();
  const auto average = [&](auto& totals) {
    for (auto& [product, total] : totals) {
      total.count /= repeats;
      total.seconds /= static_cast<double>(repeats);
    }
  };
  average(log.products);
  average(log.convolutions);
  return log;
}

// Turns of many steps: a network that has been driven out of the last cache by the others of its group needs
// a few steps to be back, and in a training run no other comes in between.
Effort in_long_turns(Effort effort) {
  effort.turn_seconds = 0.03;
  return effort;
}

std::vector<StepResult> bench_group(const std::vector<StepCase>& group, const std::optional<Limits>& limits,
                                    ProductBench& products, const Effort& effort) {
  std::vector<std::unique_ptr<Step>> steps;
  std::vector<std::function<void()>> contenders;
  for (const StepCase& c : group) {
    steps.push_back(make_step(c));
    contenders.emplace_back([step = steps.back().get()] { (*step)(); });
  }
  const Times times = interleave(contenders, in_long_turns(effort));
  std::vector<StepResult> results;
  for (std::size_t i = 0; i < group.size(); ++i) {
    StepResult result{
        .step = group[i], .seconds = figure(times[i]), .of_none = {}, .limit = {}, .products = {}};
    result.sections = measure_sections(*steps[i], result.seconds.median);
    result.products = products_of(*steps[i], result.seconds.median);
    if (limits) result.limit = step_limit(*steps[i], result.products, *limits, products);
    if (group.front().norm.kind == Norm::none && i > 0) {
      result.of_none = ratio(times[i], times[0]);
      split_recurrent_cell(result, results.front());
    }
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace

std::vector<StepResult> bench_steps(const std::vector<StepCase>& cases, const std::optional<Limits>& limits,
                                    ProductBench& products, const Effort& effort,
                                    const std::function<void(const StepResult&)>& done) {
  std::vector<StepResult> results;
  for (std::size_t first = 0; first < cases.size();) {
    std::vector<StepCase> group;
    for (; first < cases.size() && (group.empty() || cases[first].group() == group.front().group());
         ++first) {
      group.push_back(cases[first]);
    }
    for (StepResult& result : bench_group(group, limits, products, effort)) {
      done(result);
      results.push_back(std::move(result));
    }
  }
  return results;
}

}  // namespace normlab::bench
