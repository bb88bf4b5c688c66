#include "normlab/analysis/report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "normlab/analysis/time_doubts.h"
#include "normlab/core/error.h"
#include "normlab/core/file.h"
#include "normlab/core/log.h"
#include "normlab/core/text.h"
#include "normlab/records/vocabulary.h"

namespace normlab {
namespace {

using nlohmann::json;

template <class T>
void add_once(std::vector<T>& values, const T& value) {
  if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
}

std::string dataset_text(const json& content) {
  const std::string path = text_at(content, "config.dataset.path");
  const std::string name = text_at(content, "config.dataset.name", "an unnamed dataset");
  return path.empty() ? name : fmt::format("{}:{}", name, path);
}

std::string machine_text(const json& content) {
  std::vector<std::string> parts;
  for (const char* field : {"environment.cpu", "environment.simd"}) {
    if (const std::string text = text_at(content, field); !text.empty()) parts.push_back(shortened(text));
  }
  if (const auto threads = number_at(content, "environment.threads")) {
    parts.push_back(fmt::format("{:.0f} thread{} a run", *threads, *threads == 1 ? "" : "s"));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string version_text(const json& content) {
  std::vector<std::string> parts;
  for (const char* field : {"normlab", "onednn", "compiler"}) {
    const std::string version = text_at(content, fmt::format("environment.{}", field));
    if (version.empty()) continue;
    const std::string_view label = field == std::string_view("onednn") ? "oneDNN" : field;
    parts.push_back(fmt::format("{} {}", label, shortened(version)));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::uint64_t seed_of(const RunRecord& run) {
  return run.content["config"]["seed"].get<std::uint64_t>();
}

enum class Outcome { reached, missed, finished, diverged, undefined, failed, unfinished };

Outcome outcome_of(const RunRecord& run, Extent extent) {
  if (run.status == "undefined") return Outcome::undefined;
  if (run.status == "failed") return Outcome::failed;
  if (run.status == "interrupted") return Outcome::unfinished;
  const bool converged = run.status == "reached_target" || number_at(run.content, "convergence.epochs");
  if (extent == Extent::target && converged) return Outcome::reached;
  if (run.status == "diverged") return Outcome::diverged;
  return extent == Extent::target ? Outcome::missed : Outcome::finished;
}

// What a run took, by quantity; absent where the record does not tell.
struct Measures {
  std::optional<double> epochs, steps, train_seconds, train_seconds_from_median_step;
};

Measures measures_to_target(const json& content) {
  return {number_at(content, "convergence.epochs"), number_at(content, "convergence.steps"),
          number_at(content, "convergence.train_seconds"),
          number_at(content, "convergence.train_seconds_from_median_step")};
}

Measures measures_to_end(const json& content) {
  const json* evaluations = value_at(content, "evaluations");
  if (evaluations == nullptr || !evaluations->is_array() || evaluations->empty()) return {};
  const json& last = evaluations->back();
  Measures result{number_at(last, "epoch"), number_at(last, "step"), number_at(last, "seconds.train"), {}};
  const auto median_step = number_at(content, "step_seconds.median");
  if (result.steps && median_step) result.train_seconds_from_median_step = *result.steps * *median_step;
  return result;
}

Measures measures_of(const RunRecord& run, Outcome outcome) {
  switch (outcome) {
    case Outcome::reached:
      return measures_to_target(run.content);
    case Outcome::finished:
      return measures_to_end(run.content);
    case Outcome::missed:
    case Outcome::diverged:
      return {not_reached, not_reached, not_reached, not_reached};
    default:
      return {};
  }
}

std::string test_metric_of(const RunRecord& run) {
  const json* metrics = value_at(run.content, "test");
  const json* evaluations = value_at(run.content, "evaluations");
  if ((metrics == nullptr || !metrics->is_object()) && evaluations != nullptr && evaluations->is_array() &&
      !evaluations->empty()) {
    metrics = value_at(evaluations->front(), "validation");
  }
  if (metrics == nullptr || !metrics->is_object()) return "";
  for (const char* name : {"bits_per_character", "bits_per_byte"}) {
    if (metrics->contains(name)) return name;
  }
  return "error";
}

// A diverged run has no test result; leaving it out would make the cell look better than it is.
std::optional<double> test_value(const RunRecord& run, std::string_view metric) {
  if (run.status == "interrupted") return std::nullopt;
  const auto value = number_at(run.content, fmt::format("test.{}", metric));
  return !value && run.status == "diverged" ? std::optional(not_reached) : value;
}

std::string reason_of(const RunRecord& run) {
  const std::uint64_t seed = seed_of(run);
  if (run.status == "undefined") {
    return fmt::format("undefined: {}", text_at(run.content, "reason", "no reason recorded"));
  }
  if (run.status == "failed") {
    return fmt::format("failed: {} (seed {})", text_at(run.content, "cause", "no cause recorded"), seed);
  }
  if (run.status == "diverged") {
    const auto step = number_at(run.content, "diverged_step");
    return fmt::format("diverged{} (seed {})", step ? fmt::format(": at step {:.0f}", *step) : "", seed);
  }
  return "";
}

// "seed 2: the training clock says …"; "" when the run does not doubt its times.
std::string time_warning_of(const RunRecord& run) {
  const std::vector<std::string> warnings = time_warnings_of(run.content);
  if (warnings.empty()) return "";
  return fmt::format("seed {}: {}", seed_of(run), fmt::join(warnings, ", and "));
}

// What the marks in the table mean, in one sentence; "" when there is none.
std::string doubts_of(const Report& report, Index total) {
  Index times = 0, medians = 0;
  for (const ReportRow& row : report.rows) {
    times += row.doubtful_times;
    medians += row.doubtful_medians;
  }
  if (times == 0) return "";
  const std::string text =
      fmt::format("the times of {} of {} runs are doubtful (marked † below)", times, total);
  if (medians == 0) return text + "; steps × median suffers least";
  return text + fmt::format(
                    "; of {} the median step is, too, since something else had the core most of the "
                    "time: compare epochs, or repeat them on a quiet machine",
                    medians == times ? "these" : fmt::format("{} of these", medians));
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

void describe_cell(ReportRow& row, const Cell& cell) {
  row.model = cell.model;
  row.norm = cell.norm;
  row.batch_size = cell.batch_size;
  row.settings = cell.settings;
  const json& first = cell.runs.front()->content;
  row.dataset = dataset_text(first);
  row.target = text_at(first, "config.target");
  row.extent = row.target.empty() ? Extent::end_of_run : Extent::target;
  row.runs = static_cast<Index>(cell.runs.size());
  for (const RunRecord* run : cell.runs) {
    add_once(row.seeds, seed_of(*run));
    if (row.test_metric.empty()) row.test_metric = test_metric_of(*run);
    if (const std::string reason = reason_of(*run); !reason.empty()) add_once(row.reasons, reason);
    if (const std::string warning = time_warning_of(*run); !warning.empty()) {
      ++row.doubtful_times;
      row.time_warnings.push_back(warning);
      if (doubts_median_step(run->content)) ++row.doubtful_medians;
    }
  }
}

ReportRow make_row(const Cell& cell) {
  ReportRow row;
  describe_cell(row, cell);
  std::vector<double> epochs, steps, seconds, seconds_from_median, test;
  const auto add = [](std::vector<double>& values, const std::optional<double>& value) {
    if (value) values.push_back(*value);
  };
  for (const RunRecord* run : cell.runs) {
    const Outcome outcome = outcome_of(*run, row.extent);
    count_outcome(row, outcome);
    const Measures measures = measures_of(*run, outcome);
    add(epochs, measures.epochs);
    add(steps, measures.steps);
    add(seconds, measures.train_seconds);
    add(seconds_from_median, measures.train_seconds_from_median_step);
    add(test, test_value(*run, row.test_metric));
  }
  row.epochs = spread(epochs);
  row.steps = spread(steps);
  row.train_seconds = spread(seconds);
  row.train_seconds_from_median_step = spread(seconds_from_median);
  row.test = spread(test);
  return row;
}

// "mlp: 10, lstm: 20" for each setting that depends on the model alone.
void describe_settings_by_model(Report& report, const SweepRecords& sweep, const VaryingSettings& varying) {
  for (const std::string& path : varying.by_model) {
    std::vector<std::string> parts;
    for (const std::string& model : report.models) {
      for (const RunRecord& run : sweep.runs) {
        if (text_at(run.content, "config.model.name") != model) continue;
        const json* value = value_at(run.content["config"], path);
        parts.push_back(fmt::format("{}: {}", shortened(model),
                                    shortened(setting_text(value == nullptr ? json() : *value))));
        break;
      }
    }
    report.by_model.emplace_back(path, fmt::format("{}", fmt::join(parts, ", ")));
  }
}

// "118,282"
std::string grouped_digits(Index number) {
  std::string text = std::to_string(number);
  for (std::size_t end = text.size(); end > 3;) text.insert(end -= 3, ",");
  return text;
}

// The settings of a model that say how large it is: "hidden [128,128], layers 2".
std::string size_text(const json& model) {
  static const std::vector<std::string> sizes = {"hidden",      "blocks",        "dense",     "layers",
                                                 "hidden_size", "bidirectional", "embedding", "window"};
  std::vector<std::string> parts;
  for (std::string name : sizes) {
    const auto value = model.find(name);
    if (value == model.end() || *value == false) continue;
    std::replace(name.begin(), name.end(), '_', ' ');
    parts.push_back(*value == true ? name : fmt::format("{} {}", name, shortened(setting_text(*value))));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

// The number of parameters is a range where it depends on the norm, which has some of its own.
void describe_model_sizes(Report& report, const SweepRecords& sweep) {
  std::vector<std::pair<std::string, std::pair<Index, Index>>> sizes;
  for (const std::string& model : report.models) {
    for (const RunRecord& run : sweep.runs) {
      const auto parameters = number_at(run.content, "model.parameters");
      if (!parameters || text_at(run.content, "config.model.name") != model) continue;
      const std::string text =
          fmt::format("{}: {}", shortened(model), size_text(run.content["config"]["model"]));
      const Index count = static_cast<Index>(*parameters);
      auto entry =
          std::find_if(sizes.begin(), sizes.end(), [&](const auto& size) { return size.first == text; });
      if (entry == sizes.end()) entry = sizes.insert(sizes.end(), {text, {count, count}});
      auto& [least, most] = entry->second;
      least = std::min(least, count);
      most = std::max(most, count);
    }
  }
  for (const auto& [text, range] : sizes) {
    const std::string from = range.first < range.second ? grouped_digits(range.first) + " to " : "";
    report.model_sizes.push_back(
        fmt::format("{}, {}{} parameters", text, from, grouped_digits(range.second)));
  }
}

void describe_runs(Report& report, const SweepRecords& sweep) {
  std::set<std::uint64_t> seeds;
  for (const RunRecord& run : sweep.runs) {
    seeds.insert(seed_of(run));
    if (const std::string text = machine_text(run.content); !text.empty()) add_once(report.machines, text);
    if (const std::string text = version_text(run.content); !text.empty()) add_once(report.versions, text);
  }
  report.seeds.assign(seeds.begin(), seeds.end());
  for (const ReportRow& row : report.rows) {
    add_once(report.models, row.model);
    add_once(report.datasets, row.dataset);
    if (!row.target.empty()) add_once(report.targets, row.target);
  }
}

void warn(Report& report, const SweepRecords& sweep) {
  report.warnings = sweep.warnings;
  const auto count = [&](std::string_view status) {
    return std::count_if(sweep.runs.begin(), sweep.runs.end(),
                         [&](const RunRecord& run) { return run.status == status; });
  };
  const auto total = sweep.runs.size();
  if (total == 0) report.warnings.push_back("no run has ended yet");
  std::set<std::string> absent(sweep.expected.begin(), sweep.expected.end());
  for (const RunRecord& run : sweep.runs) absent.erase(run.id);
  if (total > 0 && !absent.empty()) {
    report.warnings.push_back(
        fmt::format("{} of {} runs have no record yet; the same sweep command goes on with them",
                    absent.size(), sweep.expected.size()));
  }
  if (const auto unfinished = count("interrupted"); unfinished > 0) {
    report.warnings.push_back(fmt::format(
        "{} of {} runs are unfinished; the same sweep command continues them", unfinished, total));
  }
  if (const auto failed = count("failed"); failed > 0) {
    report.warnings.push_back(fmt::format(
        "{} of {} runs failed and count in no median; the same sweep command retries them", failed, total));
  }
  if (std::string doubts = doubts_of(report, static_cast<Index>(total)); !doubts.empty())
    report.warnings.push_back(std::move(doubts));
  if (report.machines.size() > 1) {
    report.warnings.push_back(fmt::format(
        "records come from different machines or thread counts, so their times do not compare: {}",
        fmt::join(report.machines, "; ")));
  }
  if (report.versions.size() > 1) {
    report.warnings.push_back(
        fmt::format("records come from different versions: {}", fmt::join(report.versions, "; ")));
  }
}

// Whether a sweep is known to work there, and nothing that it wrote is lost.
bool has_only_begun(const SweepRecords& sweep) {
  return text_at(sweep.spec, "schema").starts_with(schema_family(sweep_schema)) && sweep.warnings.empty();
}

}  // namespace

Report build_report(const SweepRecords& sweep) {
  Report report;
  report.name = sweep.name;
  report.description = sweep.description;
  const VaryingSettings varying = find_varying_settings(sweep.runs);
  report.columns = varying.columns;
  for (const Cell& cell : group_into_cells(sweep, varying)) report.rows.push_back(make_row(cell));
  describe_runs(report, sweep);
  describe_model_sizes(report, sweep);
  describe_settings_by_model(report, sweep, varying);
  warn(report, sweep);
  return report;
}

Report build_report(const std::filesystem::path& folder) {
  const SweepRecords sweep = load_sweep(folder);
  if (sweep.runs.empty() && !has_only_begun(sweep)) {
    for (const std::string& warning : sweep.warnings) log_warning(warning);
    refuse("results", quotation(folder.string()), "at least one run record in runs/ is needed");
  }
  return build_report(sweep);
}

const std::vector<std::string>& report_format_names() {
  static const std::vector<std::string> names = {"table", "markdown", "csv", "json"};
  return names;
}

ReportFormat parse_report_format(std::string_view name) {
  const std::vector<std::string>& known = report_format_names();
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (known[i] == name) return static_cast<ReportFormat>(i);
  }
  refuse_name("format", name, known);
}

void write_summary(const std::filesystem::path& folder) {
  const Report report = build_report(load_sweep(folder));
  write_whole(folder / "summary.json", render_report(report, ReportFormat::json));
  write_whole(folder / "summary.csv", render_report(report, ReportFormat::csv));
}

}  // namespace normlab
