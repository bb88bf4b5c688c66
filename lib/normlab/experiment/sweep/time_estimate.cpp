#include "normlab/experiment/sweep/time_estimate.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "normlab/experiment/config/config_json.h"
#include "normlab/train/data_source.h"

namespace normlab {
namespace {

double batch_ratio(const RunConfig& a, const RunConfig& b) {
  return static_cast<double>(a.batch_size) / static_cast<double>(b.batch_size);
}

// How little one run tells about the time of another: first the model, then the batch size, then the norm.
double unlikeness(const RunConfig& a, const RunConfig& b) {
  return (a.model->name() == b.model->name() ? 0 : 100) + std::abs(std::log2(batch_ratio(a, b))) +
         (a.norm.kind == b.norm.kind ? 0 : 0.5);
}

// A step takes something between the same time and a time proportional to its batch: the geometric mean.
Pace at_batch_size(const Pace& pace, double ratio) {
  return {pace.seconds_per_step * std::sqrt(ratio), pace.steps_per_epoch / ratio};
}

}  // namespace

double budget_steps(const RunConfig& config, const Pace& pace) {
  double steps = std::numeric_limits<double>::infinity();
  if (config.budget.steps > 0) steps = static_cast<double>(config.budget.steps);
  if (config.budget.epochs > 0 && pace.steps_per_epoch > 0)
    steps = std::min(steps, config.budget.epochs * pace.steps_per_epoch);
  if (config.budget.samples > 0) {
    const Index batch = data_source(config.dataset).batch_samples(config);
    steps =
        std::min(steps, std::ceil(static_cast<double>(config.budget.samples) / static_cast<double>(batch)));
  }
  if (config.budget.seconds > 0 && pace.seconds_per_step > 0)
    steps = std::min(steps, config.budget.seconds / pace.seconds_per_step);
  return std::isfinite(steps) ? steps : 0;
}

TimeEstimate::TimeEstimate(const std::vector<SweepRun>& runs) {
  std::unordered_map<std::string, std::size_t> known;
  for (const SweepRun& run : runs) {
    if (run.undefined) continue;
    RunConfig config = run.config;
    config.seed = 0;
    const auto [entry, added] = known.try_emplace(to_json(config).dump(), groups_.size());
    if (added) groups_.push_back({&run, {}});
    group_of_[&run] = entry->second;
  }
}

void TimeEstimate::observe(const SweepRun& run, const Pace& pace) {
  const std::size_t group = group_of_.at(&run);
  groups_[group].pace = pace;
  observed_[{run.config.model->name(), run.config.norm.kind, run.config.batch_size}] = group;
}

void TimeEstimate::observe_end(const SweepRun& run, const Pace& pace, double steps) {
  observe(run, pace);
  Group& group = groups_[group_of_.at(&run)];
  ++group.ended;
  group.ended_steps += steps;
  const double budget = budget_steps(run.config, pace);
  ++ended_;
  ended_share_ += budget > 0 ? std::min(1.0, steps / budget) : 1;
}

void TimeEstimate::observe_start(double seconds) {
  ++starts_;
  start_seconds_ += seconds;
}

std::optional<Pace> TimeEstimate::pace_like(const Group& group) const {
  if (group.pace) return group.pace;
  const Group* best = nullptr;
  double least = std::numeric_limits<double>::infinity();
  for (const auto& [kind, index] : observed_) {
    const Group& other = groups_[index];
    const double distance = unlikeness(group.run->config, other.run->config);
    if (distance >= least) continue;
    least = distance;
    best = &other;
  }
  if (best == nullptr) return std::nullopt;
  return at_batch_size(*best->pace, batch_ratio(group.run->config, best->run->config));
}

double TimeEstimate::expected_steps(const Group& group, const Pace& pace) const {
  if (group.ended > 0) return group.ended_steps / group.ended;
  return budget_steps(group.run->config, pace) * (ended_ > 0 ? ended_share_ / ended_ : 1);
}

std::optional<double> TimeEstimate::seconds(const SweepRun& run) const {
  const std::optional<double> training = seconds_left(run, 0);
  if (!training) return std::nullopt;
  return *training + (starts_ > 0 ? start_seconds_ / starts_ : 0);
}

std::optional<double> TimeEstimate::seconds_left(const SweepRun& run, double steps) const {
  const Group& group = groups_[group_of_.at(&run)];
  const std::optional<Pace> pace = pace_like(group);
  if (!pace) return std::nullopt;
  return std::max(0.0, expected_steps(group, *pace) - steps) * pace->seconds_per_step;
}

double seconds_side_by_side(double total, double longest, int jobs) {
  return std::max(longest, total / std::max(1, jobs));
}

}  // namespace normlab
