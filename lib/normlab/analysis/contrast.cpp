#include "normlab/analysis/contrast.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "normlab/analysis/texts.h"
#include "normlab/core/error.h"
#include "normlab/core/json.h"
#include "normlab/core/text.h"
#include "normlab/statistics/holm.h"
#include "normlab/statistics/seeds_needed.h"
#include "normlab/statistics/superiority.h"

namespace normlab {
namespace {

using nlohmann::json;

// The factor between the times of two steps lies beyond its interval this often.
constexpr double unlikely_scale = 0.001;

bool needs_times(Measure measure) {
  return measure == Measure::seconds || measure == Measure::step_time;
}

// Whether the groups have the same seeds, each once.
bool are_pairs(const TimesToTarget& first, const TimesToTarget& second) {
  return first.seeds == second.seeds && std::ranges::adjacent_find(first.seeds) == first.seeds.end();
}

std::string reason_against(const TwoGroups& groups) {
  if (groups.first.size() < 2 || groups.second.size() < 2) return "fewer than two runs of a group have ended";
  if (!(groups.horizon > 0)) return "a run says nothing of its target";
  return "";
}

double seconds_of(const CellTimes* cell) {
  return cell == nullptr ? 0 : step_seconds(*cell).median;
}

void compare(Contrast& contrast, const TwoGroups& groups, const TimedPair& timed) {
  const std::array curves{kaplan_meier(groups.first), kaplan_meier(groups.second)};
  contrast.first.mean = restricted_mean(curves[0], groups.horizon).mean;
  contrast.second.mean = restricted_mean(curves[1], groups.horizon).mean;
  contrast.superiority = superiority(curves[0], curves[1], groups.horizon);
  contrast.ratio = bootstrap_ratio(groups, {});
  const double error_of_seeds = contrast.ratio->standard_error;
  double fixed_error = 0;
  if (timed.first == nullptr) {
    contrast.test = permutation_test(groups, {});
  } else {
    contrast.ratio = with_scale(*contrast.ratio, step_ratio(*timed.first, *timed.second));
    fixed_error = ratio_of_rounds(round_ratios(*timed.first, *timed.second)).standard_error;
    contrast.test = permutation_test_with_scale(
        groups, step_ratio(*timed.first, *timed.second, unlikely_scale), unlikely_scale, {});
  }
  const auto seeds = static_cast<Index>(std::min(groups.first.size(), groups.second.size()));
  const double distance = std::abs(std::log(contrast.ratio->ratio));
  contrast.more_seeds = seeds_needed(
      {.distance = distance, .standard_error = error_of_seeds, .seeds = seeds, .fixed_error = fixed_error});
}

void compare_steps(Contrast& contrast, const TimedPair& timed) {
  const std::vector<double> ratios = round_ratios(*timed.first, *timed.second);
  const auto rounds = static_cast<Index>(ratios.size());
  for (ContrastSide* side : {&contrast.first, &contrast.second}) {
    side->runs = side->reached = rounds;
    side->rate = clopper_pearson(rounds, rounds);
    side->mean = seconds_of(side == &contrast.first ? timed.first : timed.second);
  }
  contrast.pairing = Pairing::paired;
  contrast.ratio = ratio_of_rounds(ratios);
  contrast.test = {.p = sign_test(ratios, 1),
                   .smallest_p = std::exp2(1 - static_cast<double>(rounds)),
                   .arrangements = rounds,
                   .exact = true};
  contrast.superiority = share_below_one(ratios);
}

// What makes up the comparisons of one request.
struct Comparison {
  const ContrastRequest& request;
  std::size_t place;               // of its setting among those of the groups
  std::vector<std::size_t> apart;  // that place, and those of the settings chosen for each group
  const std::vector<StepTimesRecord>& times;
};

ContrastSide side_of(const SeedGroup& group, const std::vector<AwaitedTime>& times,
                     const Comparison& comparison) {
  const std::vector<json> values = group_values(group);
  ContrastSide side{.value = setting_text(values[comparison.place]),
                    .runs = static_cast<Index>(times.size())};
  for (std::size_t i = 1; i < comparison.apart.size(); ++i)
    side.chosen.push_back(values[comparison.apart[i]]);
  for (const AwaitedTime& one : times) side.reached += has_come(one) ? 1 : 0;
  if (side.runs > 0) side.rate = clopper_pearson(side.reached, side.runs);
  return side;
}

// What the groups have in common, as the contrast has it.
void describe(Contrast& contrast, const SeedGroup& group, const Comparison& comparison) {
  contrast.model = group.model;
  contrast.norm = group.norm;
  contrast.batch_size = group.batch_size;
  contrast.settings = group.settings;
  for (const std::size_t place : comparison.apart) {
    if (place == 0) contrast.model.clear();
    if (place == 1) contrast.norm.clear();
    if (place == 2) contrast.batch_size = 0;
    if (place >= 3) contrast.settings[place - 3] = nullptr;
  }
}

Contrast contrast_of(const SeedGroup& first, const SeedGroup& second, const Comparison& comparison) {
  const ContrastRequest& request = comparison.request;
  const TimedPair timed =
      needs_times(request.measure) ? timed_pair(comparison.times, first, second) : TimedPair();
  const auto a = times_to_target(first, request.measure, request.event, seconds_of(timed.first));
  const auto b = times_to_target(second, request.measure, request.event, seconds_of(timed.second));
  Contrast contrast{.first = side_of(first, a.times, comparison),
                    .second = side_of(second, b.times, comparison)};
  describe(contrast, first, comparison);
  if (needs_times(request.measure) && timed.first == nullptr) {
    contrast.reason = "the time of a step was not measured";
    return contrast;
  }
  if (request.measure == Measure::step_time) {
    compare_steps(contrast, timed);
    return contrast;
  }
  const ComparedTimes compared = compare_times(std::array{a.times, b.times});
  contrast.horizon = compared.horizon;
  contrast.pairing = are_pairs(a, b) ? Pairing::paired : Pairing::independent;
  const TwoGroups groups{compared.groups[0], compared.groups[1], contrast.horizon, contrast.pairing};
  contrast.reason = reason_against(groups);
  if (contrast.reason.empty()) compare(contrast, groups, timed);
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

bool any_has_target(const std::vector<SeedGroup>& groups) {
  return std::ranges::any_of(groups, [](const SeedGroup& group) {
    return std::ranges::any_of(group.runs, [](const RunRecord* run) { return run->event.has_value(); });
  });
}

// Refuses what nothing in the records could answer.
void require_measurable(const std::vector<SeedGroup>& groups, const ContrastRequest& request, bool timed) {
  if (needs_times(request.measure) && !timed) {
    refuse("measure", measure_name(request.measure),
           "only in a folder with a times.json it is, which normlab time SPEC or sweep --timed makes");
  }
  if (request.measure == Measure::step_time || any_has_target(groups)) return;
  refuse("pair", quotation(request.setting + "=" + request.reference),
         "times to a target are compared, and these runs have none: --target gives one");
}

[[noreturn]] void refuse_reference(const std::vector<SeedGroup>& groups, const Comparison& comparison) {
  std::set<std::string> known;
  for (const SeedGroup& group : groups)
    known.insert(shortened(setting_text(group_values(group)[comparison.place])));
  const ContrastRequest& request = comparison.request;
  refuse("pair", quotation(request.setting + "=" + request.reference),
         fmt::format("the results have {} with {}, and runs that are like them otherwise are needed",
                     request.setting, fmt::join(known, ", ")));
}

// What the text stands for: JSON where it is that, so that 1e-3 is 0.001.
json value_of(const std::string& text) {
  if (const auto value = parse_json_if_valid(text, "pair")) return json(*value);
  return text;
}

Comparison comparison_of(const ContrastRequest& request, const std::vector<std::string>& columns,
                         const std::vector<StepTimesRecord>& times) {
  Comparison comparison{request, place_of_setting(request.setting, columns, "pair"), {}, times};
  comparison.apart.push_back(comparison.place);
  comparison.apart.reserve(1 + request.chosen.size());
  for (const std::string& setting : request.chosen)
    comparison.apart.push_back(place_of_setting(setting, columns, "best"));
  return comparison;
}

}  // namespace

ContrastRequest parse_contrast(std::string_view text) {
  const auto sign = text.find('=');
  if (sign == std::string_view::npos || sign == 0 || sign + 1 == text.size())
    refuse("pair", quotation(text), "a setting and the value to compare with are, such as norm=none");
  return {std::string(text.substr(0, sign)), std::string(text.substr(sign + 1))};
}

ContrastRequest resolve_contrast(const ContrastRequest& request, const std::vector<std::string>& columns) {
  ContrastRequest resolved = request;
  resolved.setting = group_settings(columns)[place_of_setting(request.setting, columns, "pair")];
  for (std::string& setting : resolved.chosen)
    setting = group_settings(columns)[place_of_setting(setting, columns, "best")];
  return resolved;
}

std::vector<Contrast> make_contrasts(const std::vector<SeedGroup>& groups,
                                     const std::vector<std::string>& columns, const ContrastRequest& asked,
                                     const std::vector<StepTimesRecord>& times) {
  const ContrastRequest request = resolve_contrast(asked, columns);
  const Comparison comparison = comparison_of(request, columns, times);
  require_measurable(groups, request, !times.empty());
  const json reference = value_of(request.reference);
  const auto is_reference = [&](const SeedGroup& group) {
    return is_same_value(group_values(group)[comparison.place], reference);
  };
  std::map<std::vector<json>, std::vector<const SeedGroup*>> references;
  for (const SeedGroup& group : groups) {
    if (is_reference(group)) references[values_but(group, columns, comparison.apart)].push_back(&group);
  }
  std::vector<Contrast> contrasts;
  for (const SeedGroup& group : groups) {
    const auto found = references.find(values_but(group, columns, comparison.apart));
    if (is_reference(group) || found == references.end()) continue;
    for (const SeedGroup* other : found->second) contrasts.push_back(contrast_of(group, *other, comparison));
  }
  if (contrasts.empty()) refuse_reference(groups, comparison);
  adjust_for_family(contrasts);
  return contrasts;
}

}  // namespace normlab
