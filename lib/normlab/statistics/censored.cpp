#include "normlab/statistics/censored.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace normlab {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

std::vector<Observation> sorted_by_time(std::span<const Observation> observations) {
  if (observations.empty()) throw std::invalid_argument("a survival curve needs at least one observation");
  std::vector<Observation> sorted(observations.begin(), observations.end());
  for (const Observation& observation : sorted) {
    if (!(observation.time >= 0 && std::isfinite(observation.time))) {
      throw std::invalid_argument("times to an event are finite and at least 0");
    }
  }
  std::ranges::sort(sorted, {}, &Observation::time);
  return sorted;
}

// d / (n (n - d)), the part that a step has in Greenwood's sum.
double greenwood_term(const SurvivalStep& step) {
  const auto at_risk = static_cast<double>(step.at_risk), events = static_cast<double>(step.events);
  return events / (at_risk * (at_risk - events));
}

void check_horizon(const SurvivalCurve& curve, double horizon) {
  if (!(horizon > 0 && std::isfinite(horizon))) {
    throw std::invalid_argument("a horizon is finite and above 0");
  }
  if (horizon > known_until(curve)) {
    throw std::invalid_argument("a horizon lies within what was observed of every group");
  }
}

}  // namespace

SurvivalCurve kaplan_meier(std::span<const Observation> observations) {
  const std::vector<Observation> sorted = sorted_by_time(observations);
  SurvivalCurve curve;
  curve.observations = static_cast<Index>(sorted.size());
  curve.last_time = sorted.back().time;
  double survival = 1, greenwood = 0;
  for (std::size_t begin = 0, end = 0; begin < sorted.size(); begin = end) {
    Index events = 0;
    for (end = begin; end < sorted.size() && sorted[end].time == sorted[begin].time; ++end) {
      events += sorted[end].event ? 1 : 0;
    }
    if (events == 0) continue;
    SurvivalStep step{.time = sorted[begin].time,
                      .at_risk = static_cast<Index>(sorted.size() - begin),
                      .events = events,
                      .survival = 0,
                      .variance = 0};
    // The last ones at risk all had their event: 0 exactly, where Greenwood's sum is infinite.
    if (events < step.at_risk) {
      survival *= 1 - static_cast<double>(events) / static_cast<double>(step.at_risk);
      greenwood += greenwood_term(step);
      step.survival = survival;
      step.variance = survival * survival * greenwood;
    }
    curve.steps.push_back(step);
  }
  return curve;
}

double survival_at(const SurvivalCurve& curve, double time) {
  const auto after = std::ranges::upper_bound(curve.steps, time, {}, &SurvivalStep::time);
  return after == curve.steps.begin() ? 1 : std::prev(after)->survival;
}

double known_until(const SurvivalCurve& curve) {
  return !curve.steps.empty() && curve.steps.back().survival == 0 ? infinity : curve.last_time;
}

std::optional<double> median_survival(const SurvivalCurve& curve) {
  constexpr double rounding = 1e-12;  // of the products that make up S
  for (std::size_t i = 0; i < curve.steps.size(); ++i) {
    const SurvivalStep& step = curve.steps[i];
    if (step.survival > 0.5 + rounding) continue;
    const bool lies_at_half = step.survival > 0.5 - rounding && i + 1 < curve.steps.size();
    return lies_at_half ? (step.time + curve.steps[i + 1].time) / 2 : step.time;
  }
  return std::nullopt;
}

RestrictedMean restricted_mean(const SurvivalCurve& curve, double horizon) {
  check_horizon(curve, horizon);
  double area = 0, variance = 0, end = horizon;  // of what lies to the right of the step
  for (auto step = curve.steps.rbegin(); step != curve.steps.rend(); ++step) {
    if (step->time >= horizon) continue;
    area += step->survival * (end - step->time);
    if (step->survival > 0) variance += area * area * greenwood_term(*step);
    end = step->time;
  }
  return {.mean = area + end, .standard_error = std::sqrt(variance)};
}

double common_horizon(std::span<const SurvivalCurve> curves) {
  if (curves.empty()) throw std::invalid_argument("a common horizon needs at least one group");
  double known = infinity, last = 0;
  for (const SurvivalCurve& curve : curves) {
    known = std::min(known, known_until(curve));
    last = std::max(last, curve.last_time);
  }
  return std::min(known, last);
}

}  // namespace normlab
