#include "normlab/analysis/export/report_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "normlab/analysis/export/quantities.h"
#include "normlab/analysis/export/times_text.h"
#include "normlab/analysis/texts.h"
#include "normlab/core/text.h"

namespace normlab {
namespace {

std::string plain_number(double value) {  // four significant digits, no trailing zeros: "3.5", "12"
  return fmt::format("{:.4g}", value);
}

std::string count_number(double value) {
  return value == std::floor(value) ? fmt::format("{:.0f}", value) : fmt::format("{:.1f}", value);
}

std::string seconds_number(double value) {
  if (value >= 100) return fmt::format("{:.0f}", value);
  if (value >= 10) return fmt::format("{:.1f}", value);
  return value >= 1 ? fmt::format("{:.2f}", value) : fmt::format("{:.3f}", value);
}

std::string metric_number(double value) {
  return fmt::format("{:.4f}", value);
}

Field spread_field(const std::optional<Spread>& spread, std::string (*number)(double),
                   std::string_view miss) {
  if (!spread) return {};
  Field field;
  field.value = std::isinf(spread->median) ? std::string(miss) : number(spread->median);
  const auto end = [&](double value) { return std::isinf(value) ? "miss" : number(value); };
  if (spread->minimum != spread->maximum)
    field.range = fmt::format("({}–{})", end(spread->minimum), end(spread->maximum));
  return field;
}

std::string join_words(const std::vector<std::string>& words, std::string_view separator) {
  return fmt::format("{}", fmt::join(words, separator));
}

// What the metric's columns are of: "error", "error or bits per character".
std::string metric_label(const Report& report) {
  std::vector<std::string> metrics;
  for (const ReportRow& row : report.rows) {
    if (row.test_metric.empty()) continue;
    const std::string name = with_blanks(row.test_metric);
    if (std::find(metrics.begin(), metrics.end(), name) == metrics.end()) metrics.push_back(name);
  }
  return join_words(metrics, " or ");
}

bool compares_test(const ReportRow& row) {
  return row.test_compares;
}

// Which columns a table has.
struct Shown {
  bool targets, test;
  bool timed;  // steps were: what runs side by side take by their own clocks is no headline
};

Shown shown_in(const Report& report) {
  const auto any = [&](auto holds) { return std::any_of(report.rows.begin(), report.rows.end(), holds); };
  return {.targets = any([](const ReportRow& row) { return row.extent == Extent::target; }),
          .test = any(compares_test),
          .timed = any([](const ReportRow& row) { return row.times.has_value(); })};
}

// The notes below a table, each once.
class Notes {
 public:
  // The number of a note, counted from 1.
  std::size_t number(const std::string& text) {
    const auto [found, is_new] = numbers_.try_emplace(text, texts_.size() + 1);
    if (is_new) texts_.push_back(text);
    return found->second;
  }
  std::vector<std::string> take() { return std::move(texts_); }

 private:
  std::vector<std::string> texts_;
  std::map<std::string, std::size_t> numbers_;
};

// "undefined [1]", "2 diverged [2][3]": what happened, with numbers of the notes below the table that tell
// more.
std::string remark(const ReportRow& row, Notes& notes) {
  std::vector<std::string> parts;
  const auto add = [&](Index count, std::string_view what) {
    if (count > 0) parts.push_back(count == row.runs ? std::string(what) : fmt::format("{} {}", count, what));
  };
  add(row.undefined, "undefined");
  add(row.diverged, "diverged");
  add(row.failed, "failed");
  add(row.unfinished, "unfinished");
  std::string text = join_words(parts, ", ");
  for (const std::string& reason : row.reasons) {
    text += fmt::format("{}[{}]", text.empty() || text.back() == ']' ? "" : " ", notes.number(reason));
  }
  return text;
}

// "5", "5 (largest)".
Field choice_field(const BestChoice& choice) {
  if (choice.candidates == 0) return {"—", ""};
  const std::string edge = choice.edge == Edge::none ? "" : fmt::format("({})", edge_name(choice.edge));
  return {std::to_string(choice.candidates), edge};
}

// What follows from steps that were timed apart.
void add_timed_fields(std::vector<Field>& fields, const ReportRow& row) {
  const auto interval = [](double lower, double upper, std::string (*number)(double)) -> std::string {
    if (!(lower < upper)) return "";
    return fmt::format("({}–{})", number(lower), number(upper));
  };
  if (!row.times) {
    fields.insert(fields.end(), {{"—", ""}, {"—", ""}});
    return;
  }
  const MedianInterval& step = row.times->step;
  fields.push_back({milliseconds(step.median), interval(step.lower, step.upper, milliseconds)});
  if (const auto& seconds = row.times->seconds) {
    fields.push_back({(seconds->censored ? "≥ " : "") + seconds_number(seconds->mean),
                      interval(seconds->lower, seconds->upper, seconds_number)});
  } else {
    fields.push_back({"—", ""});
  }
}

std::vector<Field> table_row(const ReportRow& row, const BestChoice* choice, const Shown& shown,
                             Notes& notes) {
  std::vector<Field> fields = {{row.model, ""}, {row.norm, ""}, {std::to_string(row.batch_size), ""}};
  for (const nlohmann::json& setting : row.settings) fields.push_back({setting_text(setting), ""});
  if (choice != nullptr) fields.push_back(choice_field(*choice));
  if (shown.targets) {
    const std::string reached = row.undefined == row.runs ? "—" : fmt::format("{}/{}", row.reached, row.runs);
    fields.push_back({row.extent == Extent::target ? reached : "no target", ""});
  } else {
    fields.push_back({std::to_string(row.runs), ""});
  }
  fields.push_back(spread_field(row.epochs, plain_number, "not reached"));
  fields.push_back(spread_field(row.steps, count_number, "—"));
  if (shown.timed) add_timed_fields(fields, row);
  for (const auto& quality : {row.best_validation, row.final_validation})
    fields.push_back(spread_field(quality, metric_number, "—"));
  if (shown.test) fields.push_back(spread_field(row.test, metric_number, "—"));
  fields.push_back({remark(row, notes), ""});
  return fields;
}

// "a (36 runs), b (30 runs); 6 that are in several count once"; "" for a single folder.
std::string folders_text(const Report& report) {
  std::vector<std::string> folders;
  folders.reserve(report.folders.size());
  for (const PooledFolder& folder : report.folders)
    folders.push_back(fmt::format("{} ({} runs)", folder.name, folder.runs));
  const std::string text = join_words(folders, ", ");
  return report.repeated == 0
             ? text
             : fmt::format("{}; runs that are in several count once ({})", text, report.repeated);
}

std::string choice_explanation(const Report& report) {
  return fmt::format(
      " Best of: among how many values of {} that of the row is the best: by the mean of steps to the "
      "target, restricted to the earliest point at which a run of them is censored, and between equal ones "
      "by the best validation value. The seeds that chose are those that are shown, which flatters a row "
      "the more, the more it had to choose from.",
      join_words(report.chosen, ", "));
}

// What the numbers of the rows are.
std::string explanation_of_rows(const Report& report) {
  const Shown shown = shown_in(report);
  const std::string extent = shown.targets ? "up to the evaluation at which the target was reached"
                                           : "of the whole run, as no target was set";
  if (shown.timed) {
    return fmt::format(
        "Epochs, steps and seconds are those {}. Epochs and steps: median over seeds, with the range where "
        "they differ; a run that misses counts as infinite. A step was timed apart, in rounds: median, with "
        "its 95 % interval. Seconds: mean number of steps × time of a step; in its 95 % interval the "
        "variances of the logarithms of both add up. After ≥, runs missed: the mean is of what all took "
        "until then.",
        extent);
  }
  return fmt::format(
      "Epochs and steps are those {}: median over seeds, with the range where they differ. A run that misses "
      "counts as infinite. Times are not shown: runs side by side share the machine. \"normlab time\" "
      "measures "
      "the time of a step, from which seconds follow; the runs' own clocks are in their records.",
      extent);
}

}  // namespace

Table make_table(const Report& report) {
  Table table;
  const Shown shown = shown_in(report);
  const auto column = [&](const std::string& label, bool right) {
    table.header.push_back(label);
    table.right_aligned.push_back(right);
  };
  column("model", false);
  column("norm", false);
  column("batch size", true);
  for (const std::string& name : report.columns) column(name, true);
  if (!report.chosen.empty()) column("best of", true);
  column(shown.targets ? "reached" : "runs", true);
  column("epochs", true);
  column("steps", true);
  if (shown.timed) {
    column("step, ms", true);
    column("seconds", true);
  }
  const std::string metric = metric_label(report);
  for (const char* when : {"best", "final"}) column(fmt::format("{} validation {}", when, metric), true);
  if (shown.test) column("test " + metric, true);
  column("", false);
  Notes notes;
  for (std::size_t i = 0; i < report.rows.size(); ++i) {
    const BestChoice* choice = report.chosen.empty() ? nullptr : &report.choices[i];
    table.rows.push_back(table_row(report.rows[i], choice, shown, notes));
  }
  table.notes = notes.take();
  return table;
}

Heading make_heading(const Report& report) {
  Heading heading;
  const auto add = [&](const std::string& label, const std::string& text) {
    if (!text.empty()) heading.emplace_back(label, text);
  };
  if (report.rows.empty()) return heading;
  add("trained", fmt::format("{} on {}", join_words(report.models, ", "), join_words(report.datasets, ", ")));
  add(report.model_sizes.size() == 1 ? "model" : "models", join_words(report.model_sizes, "; "));
  if (report.targets.size() < 2) {
    add("target", report.targets.empty() ? "none was set" : report.targets.front());
  }
  const auto listed = [&](const auto& entry) { return entry.first == "target"; };
  if (report.targets.size() > 1 && std::none_of(report.by_model.begin(), report.by_model.end(), listed)) {
    add("targets", join_words(report.targets, ", "));
  }
  for (const auto& [setting, values] : report.by_model) add(setting, values);
  add(report.seeds.size() == 1 ? "seed" : "seeds", fmt::format("{}", fmt::join(report.seeds, ", ")));
  add("folders", folders_text(report));
  add("machine", join_words(report.machines, "; "));
  add("versions", join_words(report.versions, "; "));
  add("step times", report.step_times);
  return heading;
}

std::string explanation(const Report& report) {
  const Shown shown = shown_in(report);
  std::string text = explanation_of_rows(report);
  text += fmt::format(" Best and final validation {} are of all of a run's evaluations, and of the last.",
                      metric_label(report));
  if (!report.chosen.empty()) text += choice_explanation(report);
  if (std::all_of(report.rows.begin(), report.rows.end(), compares_test)) return text;
  return text +
         fmt::format(
             " The test is left out{}: runs ended, and were tested, at different steps. Best and final "
             "validation are then of runs of different lengths. With keep_training, or without a "
             "target, all runs go on to the end of their budget.",
             shown.test ? " of some rows" : "");
}

}  // namespace normlab
