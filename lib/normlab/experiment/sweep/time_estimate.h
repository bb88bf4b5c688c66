// How long the runs of a sweep take, from what others have shown.
#pragma once

#include <map>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "normlab/experiment/spec/sweep_spec.h"

namespace normlab {

// What a run shows of its speed.
struct Pace {
  double seconds_per_step = 0;  // wall time, evaluations included
  double steps_per_epoch = 0;
};

// The steps that the budget of `config` allows at this pace; 0 when nothing bounds them.
double budget_steps(const RunConfig& config, const Pace& pace);

class TimeEstimate {
 public:
  // `runs` outlive the object.
  explicit TimeEstimate(const std::vector<SweepRun>& runs);

  // A run of the sweep shows this pace; what is observed later replaces what was observed before.
  void observe(const SweepRun& run, const Pace& pace);
  // A run ended by itself after so many steps.
  void observe_end(const SweepRun& run, const Pace& pace, double steps);
  // A process took so long until its first step.
  void observe_start(double seconds);

  // Of a run that has yet to start: the pace of runs that differ in the seed alone, or else of those most
  // like it, over its whole budget, shortened as runs that reached their target before were. Nothing while
  // nothing has been observed.
  std::optional<double> seconds(const SweepRun& run) const;
  // The same of a run that has done `steps`.
  std::optional<double> seconds_left(const SweepRun& run, double steps) const;

 private:
  struct Group {  // runs that differ in the seed alone
    const SweepRun* run;
    std::optional<Pace> pace;
    double ended = 0, ended_steps = 0;  // how many, and the sum over them
  };
  std::optional<Pace> pace_like(const Group& group) const;
  double expected_steps(const Group& group, const Pace& pace) const;

  // One observed run of each model, norm and batch size: enough to find a similar one, and never many.
  using Kind = std::tuple<std::string, Norm, Index>;

  std::vector<Group> groups_;
  std::map<Kind, std::size_t> observed_;
  std::unordered_map<const SweepRun*, std::size_t> group_of_;
  double ended_ = 0, ended_share_ = 0;  // of their budgets
  double starts_ = 0, start_seconds_ = 0;
};

// When `jobs` runs are at work at a time: `total` seconds of runs, of which the longest takes `longest`.
double seconds_side_by_side(double total, double longest, int jobs);

}  // namespace normlab
