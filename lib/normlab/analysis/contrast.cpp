#include "normlab/analysis/contrast.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "normlab/analysis/texts.h"
#include "normlab/core/error.h"
#include "normlab/core/text.h"
#include "normlab/records/vocabulary.h"
#include "normlab/statistics/holm.h"
#include "normlab/statistics/seeds_needed.h"
#include "normlab/statistics/superiority.h"

namespace normlab {
namespace {

// A group by its settings in one list: model, norm, batch size, then the columns.
std::vector<std::string> values_of(const SeedGroup& group) {
  std::vector<std::string> values{group.model, group.norm, std::to_string(group.batch_size)};
  for (const nlohmann::json& setting : group.settings) values.push_back(setting_text(setting));
  return values;
}

std::vector<std::string> names_of(const std::vector<std::string>& columns) {
  std::vector<std::string> names{"model", "norm", "batch_size"};
  names.insert(names.end(), columns.begin(), columns.end());
  return names;
}

// What one group has to have in common with another: all but the setting that they differ in, and where that
// is a part with a name, what belongs to it alone.
std::vector<std::string> rest_of(const SeedGroup& group, const std::vector<std::string>& names,
                                 const std::string& setting) {
  std::vector<std::string> rest = values_of(group);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == setting || names[i].starts_with(setting + ".")) rest[i].clear();
  }
  return rest;
}

// A run as the comparison sees it; nothing where it takes no part.
struct SeenRun {
  std::uint64_t seed = 0;
  Observation observation = {};
  bool never = false;  // diverged: at no time
};

double amount_of(const RunCosts& costs, Measure measure) {
  return (measure == Measure::steps ? costs.steps : costs.epochs).value_or(0);
}

std::vector<SeenRun> seen_runs(const SeedGroup& group, Measure measure) {
  std::vector<SeenRun> seen;
  for (const RunRecord* run : group.runs) {
    const bool ended = run->status != status::failed && run->status != status::undefined &&
                       run->status != status::interrupted;
    if (!ended) continue;
    const bool reached = run->event && run->event->reached;
    if (!reached && run->status == status::diverged) {
      seen.push_back({.seed = run->seed, .never = true});
    } else if (run->event) {
      const double time = amount_of(reached ? run->event->at : run->event->after, measure);
      seen.push_back({.seed = run->seed, .observation = {time, reached}});
    }
  }
  return seen;
}

// Censored where nothing is seen of any run any longer.
std::vector<Observation> observations_of(const std::vector<SeenRun>& runs, double end) {
  std::vector<Observation> observations;
  observations.reserve(runs.size());
  for (const SeenRun& run : runs)
    observations.push_back(run.never ? Observation{end, false} : run.observation);
  return observations;
}

double end_of(const std::vector<SeenRun>& first, const std::vector<SeenRun>& second) {
  double end = 0;
  for (const auto* runs : {&first, &second}) {
    for (const SeenRun& run : *runs) end = std::max(end, run.observation.time);
  }
  return end;
}

// The earliest point at which a run is censored; where none is, the latest event.
double horizon_of(const std::vector<Observation>& first, const std::vector<Observation>& second, double end) {
  double horizon = end;
  for (const auto* observations : {&first, &second}) {
    for (const Observation& one : *observations) {
      if (!one.event) horizon = std::min(horizon, one.time);
    }
  }
  return horizon;
}

bool have_same_seeds(const std::vector<SeenRun>& first, const std::vector<SeenRun>& second) {
  const auto same = [](const SeenRun& a, const SeenRun& b) { return a.seed == b.seed; };
  return std::ranges::equal(first, second, same);
}

std::string reason_against(const std::vector<Observation>& first, const std::vector<Observation>& second,
                           double horizon) {
  if (first.size() < 2 || second.size() < 2) return "fewer than two runs of a group have ended";
  if (!(horizon > 0)) return "a run says nothing of its target";
  return "";
}

void compare(Contrast& contrast, const TwoGroups& groups) {
  const std::array curves{kaplan_meier(groups.first), kaplan_meier(groups.second)};
  contrast.first.mean = restricted_mean(curves[0], groups.horizon).mean;
  contrast.second.mean = restricted_mean(curves[1], groups.horizon).mean;
  contrast.superiority = superiority(curves[0], curves[1], groups.horizon);
  contrast.ratio = bootstrap_ratio(groups, {});
  contrast.test = permutation_test(groups, {});
  const auto seeds = static_cast<Index>(std::min(groups.first.size(), groups.second.size()));
  const double distance = std::abs(std::log(contrast.ratio->ratio));
  contrast.more_seeds =
      seeds_needed({.distance = distance, .standard_error = contrast.ratio->standard_error, .seeds = seeds});
}

ContrastSide side_of(const std::string& value, const std::vector<SeenRun>& runs) {
  ContrastSide side{.value = value, .runs = static_cast<Index>(runs.size())};
  for (const SeenRun& run : runs) side.reached += run.observation.event && !run.never ? 1 : 0;
  if (side.runs > 0) side.rate = clopper_pearson(side.reached, side.runs);
  return side;
}

Contrast contrast_of(const SeedGroup& first, const SeedGroup& second, const std::vector<std::string>& names,
                     const ContrastRequest& request) {
  const auto place = static_cast<std::size_t>(std::ranges::find(names, request.setting) - names.begin());
  const std::vector<SeenRun> a = seen_runs(first, request.measure), b = seen_runs(second, request.measure);
  Contrast contrast{.model = place == 0 ? "" : first.model,
                    .norm = place == 1 ? "" : first.norm,
                    .batch_size = place == 2 ? 0 : first.batch_size,
                    .settings = first.settings,
                    .first = side_of(values_of(first)[place], a),
                    .second = side_of(values_of(second)[place], b)};
  if (place >= 3) contrast.settings[place - 3] = nullptr;
  const double end = end_of(a, b);
  const std::vector<Observation> of_a = observations_of(a, end), of_b = observations_of(b, end);
  contrast.horizon = horizon_of(of_a, of_b, end);
  contrast.reason = reason_against(of_a, of_b, contrast.horizon);
  if (!contrast.reason.empty()) return contrast;
  contrast.pairing = have_same_seeds(a, b) ? Pairing::paired : Pairing::independent;
  compare(contrast, {of_a, of_b, contrast.horizon, contrast.pairing});
  return contrast;
}

void adjust_for_family(std::vector<Contrast>& contrasts) {
  std::vector<double> p;
  for (const Contrast& contrast : contrasts) {
    if (contrast.test) p.push_back(contrast.test->p);
  }
  const std::vector<HolmTest> tests = holm(p);
  std::size_t next = 0;
  for (Contrast& contrast : contrasts) {
    if (contrast.test) contrast.adjusted_p = tests[next++].adjusted_p;
  }
}

[[noreturn]] void refuse_reference(const std::vector<SeedGroup>& groups, std::size_t place,
                                   const ContrastRequest& request) {
  std::set<std::string> known;
  for (const SeedGroup& group : groups) known.insert(shortened(values_of(group)[place]));
  refuse("pair", quotation(request.setting + "=" + request.reference),
         fmt::format("the results have {} with {}, and runs that are like them otherwise are needed",
                     request.setting, fmt::join(known, ", ")));
}

}  // namespace

const std::vector<std::string>& measure_names() {
  static const std::vector<std::string> names{"steps", "epochs"};
  return names;
}

ContrastRequest parse_contrast(std::string_view text) {
  const auto sign = text.find('=');
  if (sign == std::string_view::npos || sign == 0 || sign + 1 == text.size())
    refuse("pair", quotation(text), "a setting and the value to compare with are, such as norm=none");
  ContrastRequest request{std::string(text.substr(0, sign)), std::string(text.substr(sign + 1))};
  for (const char* part : {"model", "norm"}) {
    if (request.setting == std::string(part) + ".name") request.setting = part;
  }
  return request;
}

std::vector<Contrast> make_contrasts(const std::vector<SeedGroup>& groups,
                                     const std::vector<std::string>& columns,
                                     const ContrastRequest& request) {
  const std::vector<std::string> names = names_of(columns);
  const auto place = static_cast<std::size_t>(std::ranges::find(names, request.setting) - names.begin());
  if (place == names.size()) {
    refuse("pair", quotation(request.setting),
           fmt::format("a setting that varies is: one of {}", fmt::join(names, ", ")));
  }
  std::vector<Contrast> contrasts;
  for (const SeedGroup& group : groups) {
    if (values_of(group)[place] == request.reference) continue;
    const auto rest = rest_of(group, names, request.setting);
    for (const SeedGroup& other : groups) {
      if (values_of(other)[place] == request.reference && rest_of(other, names, request.setting) == rest)
        contrasts.push_back(contrast_of(group, other, names, request));
    }
  }
  if (contrasts.empty()) refuse_reference(groups, place, request);
  adjust_for_family(contrasts);
  return contrasts;
}

}  // namespace normlab
