#include "normlab/analysis/build_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "normlab/analysis/columns.h"
#include "normlab/analysis/pool.h"
#include "normlab/analysis/quality.h"
#include "normlab/analysis/report_warnings.h"
#include "normlab/analysis/seed_groups.h"
#include "normlab/analysis/texts.h"
#include "normlab/core/json.h"
#include "normlab/core/text.h"
#include "normlab/records/vocabulary.h"

namespace normlab {
namespace {

using nlohmann::json;

template <class T>
void add_once(std::vector<T>& values, const T& value) {
  if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
}

std::string machine_text(const RecordedEnvironment& environment) {
  std::vector<std::string> parts;
  for (const std::string& text : {environment.cpu, environment.simd}) {
    if (!text.empty()) parts.push_back(shortened(text));
  }
  if (const auto threads = environment.threads)
    parts.push_back(fmt::format("{:.0f} thread{} a run", *threads, *threads == 1 ? "" : "s"));
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string version_text(const RecordedEnvironment& environment) {
  std::vector<std::string> parts;
  const auto add = [&](std::string_view label, const std::string& version) {
    if (!version.empty()) parts.push_back(fmt::format("{} {}", label, shortened(version)));
  };
  add("normlab", environment.normlab);
  add("oneDNN", environment.onednn);
  add("compiler", environment.compiler);
  return fmt::format("{}", fmt::join(parts, ", "));
}

enum class Outcome { reached, missed, finished, diverged, undefined, failed, unfinished };

Outcome outcome_of(const RunRecord& run, Extent extent) {
  if (run.status == status::undefined) return Outcome::undefined;
  if (run.status == status::failed) return Outcome::failed;
  if (run.status == status::interrupted) return Outcome::unfinished;
  const bool converged = run.event && run.event->reached;
  if (extent == Extent::target && converged) return Outcome::reached;
  if (run.status == status::diverged) return Outcome::diverged;
  return extent == Extent::target ? Outcome::missed : Outcome::finished;
}

RunCosts costs_of(const RunRecord& run, Outcome outcome) {
  switch (outcome) {
    case Outcome::reached:
      return run.event->at;
    case Outcome::finished:
      return run.to_end.value_or(RunCosts());
    case Outcome::missed:
    case Outcome::diverged:
      return {not_reached, not_reached, not_reached, not_reached};
    default:
      return {};
  }
}

std::string reason_of(const RunRecord& run) {
  if (run.status == status::undefined) return fmt::format("undefined: {}", run.reason);
  if (run.status == status::failed) return fmt::format("failed: {} (seed {})", run.reason, run.seed);
  if (run.status != status::diverged) return "";
  const auto step = run.diverged_step;
  return fmt::format("diverged{} (seed {})", step ? fmt::format(": at step {:.0f}", *step) : "", run.seed);
}

// "seed 2: the training clock says …"; "" when the run does not doubt its times.
std::string time_warning_of(const RunRecord& run) {
  if (run.time_warnings.empty()) return "";
  std::vector<std::string> warnings;
  for (const std::string& warning : run.time_warnings) warnings.push_back(shortened_sentence(warning));
  return fmt::format("seed {}: {}", run.seed, fmt::join(warnings, ", and "));
}

void count_outcome(ReportRow& row, Outcome outcome) {
  switch (outcome) {
    case Outcome::reached:
      ++row.reached;
      break;
    case Outcome::missed:
      ++row.missed;
      break;
    case Outcome::finished:
      ++row.finished;
      break;
    case Outcome::diverged:
      ++row.diverged;
      break;
    case Outcome::undefined:
      ++row.undefined;
      break;
    case Outcome::failed:
      ++row.failed;
      break;
    case Outcome::unfinished:
      ++row.unfinished;
      break;
  }
}

void describe_group(ReportRow& row, const SeedGroup& group, const std::string& target) {
  row.model = group.model;
  row.norm = group.norm;
  row.batch_size = group.batch_size;
  row.settings = group.settings;
  const Settings& settings = *group.runs.front()->settings;
  row.dataset = dataset_text(settings);
  row.target = target.empty() ? text_setting_at(settings, "target") : target;
  row.extent = row.target.empty() ? Extent::end_of_run : Extent::target;
  row.runs = static_cast<Index>(group.runs.size());
  std::set<std::string> reasons;
  for (const RunRecord* run : group.runs) {
    if (row.seeds.empty() || row.seeds.back() != run->seed) row.seeds.push_back(run->seed);
    if (row.test_metric.empty()) row.test_metric = run->test_metric;
    const std::string reason = reason_of(*run);
    if (!reason.empty() && reasons.insert(reason).second) row.reasons.push_back(reason);
    if (const std::string warning = time_warning_of(*run); !warning.empty()) {
      ++row.doubtful_times;
      row.time_warnings.push_back(warning);
      if (run->doubts_median_step) ++row.doubtful_medians;
    }
  }
}

void add_curves(ReportRow& row, const SeedGroup& group) {
  for (std::size_t i = 0; i < recorded_measures; ++i) {
    const std::vector<AwaitedTime> times = times_to_target(group, static_cast<Measure>(i)).times;
    if (!times.empty() && row.extent == Extent::target) row.curves.push_back(target_curve(times));
  }
}

ReportRow make_row(const SeedGroup& group, const std::string& target, bool test_compares) {
  ReportRow row;
  row.test_compares = test_compares;
  describe_group(row, group, target);
  std::vector<double> epochs, steps, seconds, seconds_from_median;
  const auto add = [](std::vector<double>& values, const std::optional<double>& value) {
    if (value) values.push_back(*value);
  };
  for (const RunRecord* run : group.runs) {
    const Outcome outcome = outcome_of(*run, row.extent);
    count_outcome(row, outcome);
    const RunCosts costs = costs_of(*run, outcome);
    add(epochs, costs.epochs);
    add(steps, costs.steps);
    add(seconds, costs.train_seconds);
    add(seconds_from_median, costs.train_seconds_from_median_step);
  }
  row.epochs = spread(epochs);
  row.steps = spread(steps);
  row.train_seconds = spread(seconds);
  row.train_seconds_from_median_step = spread(seconds_from_median);
  const Quality quality = quality_of(group);
  row.best_validation = quality.best;
  row.final_validation = quality.last;
  if (row.test_compares) row.test = quality.test;
  add_curves(row, group);
  return row;
}

// "mlp: 10, lstm: 20" for each setting that depends on the model alone.
void describe_settings_by_model(Report& report, const SweepRecords& sweep, const VaryingSettings& varying) {
  for (const std::string& path : varying.by_model) {
    std::vector<std::string> parts;
    for (const std::string& model : report.models) {
      for (const RunRecord& run : sweep.runs) {
        if (run.model != model) continue;
        const json* value = setting_at(*run.settings, path);
        parts.push_back(fmt::format("{}: {}", shortened(model),
                                    shortened(setting_text(value == nullptr ? json() : *value))));
        break;
      }
    }
    report.by_model.emplace_back(path, fmt::format("{}", fmt::join(parts, ", ")));
  }
}

// "118,282"
std::string grouped_digits(double number) {
  std::string text = fmt::format("{:.0f}", number);
  for (std::size_t end = text.size(); end > 3;) text.insert(end -= 3, ",");
  return text;
}

// The settings of a model that say how large it is: "hidden [128,128], layers 2".
std::string size_text(const Settings& settings) {
  static const std::vector<std::string> sizes = {"hidden",      "blocks",        "dense",     "layers",
                                                 "hidden_size", "bidirectional", "embedding", "window"};
  std::vector<std::string> parts;
  for (const std::string& name : sizes) {
    const json* value = setting_at(settings, "model." + name);
    if (value == nullptr || *value == false) continue;
    const std::string label = with_blanks(name);
    parts.push_back(*value == true ? label : fmt::format("{} {}", label, shortened(setting_text(*value))));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

// The number of parameters is a range where it depends on the norm, which has some of its own.
void describe_model_sizes(Report& report, const SweepRecords& sweep) {
  struct Size {
    std::string text;
    double least, most;
  };
  std::vector<Size> sizes;
  std::map<const Settings*, std::size_t> size_of;  // runs of one group share their settings
  for (const std::string& model : report.models) {
    for (const RunRecord& run : sweep.runs) {
      if (!run.parameters || run.model != model) continue;
      const auto [found, is_new] = size_of.try_emplace(run.settings.get(), 0);
      if (is_new) {
        const std::string text = fmt::format("{}: {}", shortened(model), size_text(*run.settings));
        auto entry = std::find_if(sizes.begin(), sizes.end(), [&](const Size& s) { return s.text == text; });
        if (entry == sizes.end()) entry = sizes.insert(entry, {text, *run.parameters, *run.parameters});
        found->second = static_cast<std::size_t>(entry - sizes.begin());
      }
      Size& size = sizes[found->second];
      size.least = std::min(size.least, *run.parameters);
      size.most = std::max(size.most, *run.parameters);
    }
  }
  for (const Size& size : sizes) {
    const std::string from = size.least < size.most ? grouped_digits(size.least) + " to " : "";
    report.model_sizes.push_back(
        fmt::format("{}, {}{} parameters", size.text, from, grouped_digits(size.most)));
  }
}

void describe_runs(Report& report, const SweepRecords& sweep) {
  std::set<std::uint64_t> seeds;
  std::set<const RecordedEnvironment*> environments;
  for (const RunRecord& run : sweep.runs) {
    seeds.insert(run.seed);
    if (!environments.insert(run.environment.get()).second) continue;
    const std::string machine = machine_text(*run.environment), version = version_text(*run.environment);
    if (!machine.empty()) add_once(report.machines, machine);
    if (!version.empty()) add_once(report.versions, version);
  }
  report.seeds.assign(seeds.begin(), seeds.end());
  for (const ReportRow& row : report.rows) {
    add_once(report.models, row.model);
    add_once(report.datasets, row.dataset);
    if (!row.target.empty()) add_once(report.targets, row.target);
  }
}

// Leaves of the groups those with the best value of these settings, and has the report tell of how many.
void choose_best(Report& report, std::vector<SeedGroup>& groups, const std::vector<std::string>& settings,
                 std::vector<std::string>& doubts) {
  const std::vector<BestGroup> best = keep_best(groups, report.columns, settings);
  for (const std::string& setting : settings)
    report.chosen.push_back(
        group_settings(report.columns)[place_of_setting(setting, report.columns, "best")]);
  groups.clear();
  groups.reserve(best.size());
  for (const BestGroup& one : best) {
    groups.push_back(one.group);
    report.choices.push_back(one.choice);
  }
  for (std::string& doubt : doubts_of_choices(report.chosen, report.choices))
    doubts.push_back(std::move(doubt));
}

void add_rows(Report& report, const std::vector<SeedGroup>& groups, const SweepRecords& sweep) {
  const std::vector<bool> compare = tests_that_compare(groups, report.columns);
  report.rows.reserve(groups.size());
  for (std::size_t i = 0; i < groups.size(); ++i) {
    ReportRow& row = report.rows.emplace_back(make_row(groups[i], sweep.target, compare[i]));
    row.times = times_of_group(sweep, groups[i], row.extent == Extent::end_of_run);
  }
}

// The settings that each side of a contrast has for itself: those of which the report keeps the best values,
// and those that a search chose before the runs.
std::vector<std::string> chosen_settings(const Report& report, const SweepRecords& sweep,
                                         const std::string& contrasted) {
  std::vector<std::string> chosen = report.chosen;
  const json* searched = value_at(sweep.spec, "chosen");
  if (searched == nullptr || !searched->is_array()) return chosen;
  for (const json& setting : *searched) {
    const auto column = std::ranges::find_if(report.columns, [&](const auto& one) { return setting == one; });
    if (column != report.columns.end() && *column != contrasted) add_once(chosen, *column);
  }
  return chosen;
}

void add_contrasts(Report& report, const std::vector<SeedGroup>& groups, ContrastRequest request,
                   const SweepRecords& sweep) {
  request.setting = group_settings(report.columns)[place_of_setting(request.setting, report.columns, "pair")];
  request.chosen = chosen_settings(report, sweep, request.setting);
  report.contrasted = resolve_contrast(request, report.columns);
  report.contrasts = make_contrasts(groups, report.columns, report.contrasted, sweep.times);
  for (std::size_t i = 0; i < sweep.variations.size(); ++i) {
    request.event = i;
    report.sensitivity.push_back(
        {sweep.variations[i], make_contrasts(groups, report.columns, request, sweep.times)});
  }
}

}  // namespace

Report build_report(const SweepRecords& sweep, const ReportRequest& request) {
  Report report;
  report.name = sweep.name;
  report.description = sweep.description;
  report.folders = sweep.folders;
  report.repeated = sweep.repeated;
  const VaryingSettings varying = choose_columns(sweep.runs, request.by, request.best);
  report.columns = varying.columns;
  std::vector<SeedGroup> groups = group_by_seed(sweep, varying);
  std::vector<std::string> doubts;
  if (!request.by.empty()) doubts = doubts_of_columns(sweep.runs, groups);
  if (!request.best.empty()) choose_best(report, groups, request.best, doubts);
  report.step_times = step_times_text(sweep);
  add_rows(report, groups, sweep);
  if (request.contrasts) add_contrasts(report, groups, *request.contrasts, sweep);
  if (!request.drawn_from.empty())
    report.drawn = std::make_shared<SweepCurves>(read_curves(groups, sweep, request.drawn_from));
  if (report.drawn) std::ranges::copy(report.drawn->warnings, std::back_inserter(doubts));
  describe_runs(report, sweep);
  describe_model_sizes(report, sweep);
  describe_settings_by_model(report, sweep, varying);
  report.warnings = warnings_of(report, sweep);
  std::ranges::move(doubts, std::back_inserter(report.warnings));
  return report;
}

Report build_report(const std::filesystem::path& folder) {
  RecordFiles files;
  return build_report(folder, files);
}

Report build_report(const std::filesystem::path& folder, RecordFiles& files, const ReportRequest& request) {
  return build_report(std::vector{folder}, files, request);
}

Report build_report(const std::vector<std::filesystem::path>& folders, RecordFiles& files,
                    const ReportRequest& request) {
  return build_report(load_reported_sweep(folders, files, request.where), request);
}

SweepRecords load_reported_sweep(const std::vector<std::filesystem::path>& folders, RecordFiles& files,
                                 const std::vector<SettingFilter>& where) {
  SweepRecords sweep = load_pool(folders, files);
  keep_where(sweep, where);
  return sweep;
}

}  // namespace normlab
