// Times until an event, some of which were not awaited (right-censored): the Kaplan-Meier curve and what is
// read from it. Here an event is a run that reached its target, and a run whose budget ended before is
// censored there.
//
// With distinct event times t_1 < t_2 < …, of n_i observations still at risk at t_i, d_i of which have their
// event then (Kaplan & Meier 1958, "Nonparametric estimation from incomplete observations"):
//   S(t)     = product over t_i <= t of (1 - d_i / n_i)
//   var S(t) = S(t)^2 * sum over t_i <= t of d_i / (n_i (n_i - d_i))        (Greenwood 1926)
// An observation censored at the time of an event was at risk then. Times are finite, at least 0, and in
// whatever unit the caller has: epochs, steps or seconds. Every function throws std::invalid_argument for a
// time that is not, and for a group without observations.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "normlab/core/tensor.h"

namespace normlab {

struct Observation {
  double time;
  bool event;  // false: not yet at `time`, and not awaited any longer
};

struct SurvivalStep {
  double time;      // of the events
  Index at_risk;    // observations with this time or a later one
  Index events;     // of them, those with their event at this time; at least 1
  double survival;  // the share without an event after this time
  double variance;  // of `survival`, by Greenwood; 0 where `survival` is 0
};

struct SurvivalCurve {
  std::vector<SurvivalStep> steps;  // by time; before the first one survival is 1
  Index observations = 0;
  double last_time = 0;  // of any observation
};

SurvivalCurve kaplan_meier(std::span<const Observation> observations);

// S(time), the steps taken at their times.
double survival_at(const SurvivalCurve& curve, double time);

// The time until which a curve says anything: its last observation, or infinity when nothing is left to
// happen.
double known_until(const SurvivalCurve& curve);

// The earliest time with S(t) <= 1/2; where the curve lies at 1/2 for a while, the middle of that while (as
// R's survival does, so that it is the common median where nothing is censored). Nothing when S stays above
// 1/2.
std::optional<double> median_survival(const SurvivalCurve& curve);

struct RestrictedMean {
  double mean;
  double standard_error;
};

// The mean of min(time, horizon), which is the area below the curve up to the horizon, and its standard error
//   sqrt( sum over t_i < horizon of A_i^2 d_i / (n_i (n_i - d_i)) ),  A_i the area from t_i to the horizon
// (Irwin 1949; Klein & Moeschberger 2003, "Survival analysis", section 4.5; R's print(survfit, rmean =
// horizon)). The horizon is finite, above 0 and at most known_until() (throws std::invalid_argument).
RestrictedMean restricted_mean(const SurvivalCurve& curve, double horizon);

// The latest horizon to which every group's curve is known; where no curve ends before its last event, the
// latest event of all.
double common_horizon(std::span<const SurvivalCurve> curves);

}  // namespace normlab
