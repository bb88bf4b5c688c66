// Two groups of a sweep that differ in one setting, compared by how long they took to their target.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "normlab/analysis/seed_groups.h"
#include "normlab/analysis/step_times.h"
#include "normlab/analysis/time_to_target.h"
#include "normlab/statistics/bootstrap.h"
#include "normlab/statistics/permutation.h"
#include "normlab/statistics/proportion.h"

namespace normlab {

// Which groups are compared: each with the one that has `reference` in place of its own value of `setting`
// and is like it otherwise.
struct ContrastRequest {
  std::string setting;    // "norm", "model", "batch_size", or a setting that varies, dotted
  std::string reference;  // as tables show it
  Measure measure = Measure::steps;
  std::vector<std::string> chosen =
      {};  // settings that were chosen for each group by itself: they may differ
  EventPlace event = {};
};

// "norm=none"; RequestError naming `pair` for another form.
ContrastRequest parse_contrast(std::string_view text);

// The same with the name that groups have for the setting ("norm" for "norm.name", "optimizer.name" for
// "optimizer"). RequestError naming `pair` for one that is neither model, norm or batch_size nor a column.
ContrastRequest resolve_contrast(const ContrastRequest& request, const std::vector<std::string>& columns);

struct ContrastSide {
  std::string value;  // of the setting
  Index runs = 0, reached = 0;
  ProportionInterval rate = {};             // of runs that reach the target, at 95 %
  double mean = 0;                          // restricted to the horizon
  std::vector<nlohmann::json> chosen = {};  // the group's values of ContrastRequest::chosen
};

// Runs that failed, were interrupted or are undefined take part in none. A run that diverged is one that
// never reaches its target, and is censored where its budget ends; one that did not reach it is censored
// where its record says. Of step_time, what stands for runs are rounds, each of which has a pair of step
// times: their ratio is the median of the ratios, and their test the sign test that it is 1.
struct Contrast {
  std::string model = {}, norm = {};          // of the first group; "" where it is what the groups differ in
  Index batch_size = 0;                       // likewise 0
  std::vector<nlohmann::json> settings = {};  // likewise null
  ContrastSide first = {}, second = {};       // the second one has the reference
  // Up to where both groups are compared, in units of the measure: the earliest point at which a run is
  // censored, and where none is the latest event.
  double horizon = 0;
  Pairing pairing = Pairing::independent;  // paired where both groups have the same seeds, each once
  // Nothing where the groups cannot be compared, for `reason`.
  std::optional<RatioInterval> ratio = {};  // of the means, first / second, at 95 %
  std::optional<PermutationTest> test = {};
  double adjusted_p = 1;                 // of the test, by Holm over all contrasts of the report
  double superiority = 0.5;              // the probability that a run of the first group is the earlier one
  std::optional<Index> more_seeds = {};  // a group that would tell the means apart, if they are as they look
  std::string reason = {};
};

// One for each group that has a counterpart with the reference, in the order of the groups. RequestError
// naming `pair` when no group has the reference, nothing is like it otherwise, or no run has a target, and
// `measure` for seconds and step_time without any `times`.
std::vector<Contrast> make_contrasts(const std::vector<SeedGroup>& groups,
                                     const std::vector<std::string>& columns, const ContrastRequest& asked,
                                     const std::vector<StepTimesRecord>& times = {});

}  // namespace normlab
