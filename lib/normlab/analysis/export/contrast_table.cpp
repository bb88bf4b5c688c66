#include "normlab/analysis/export/contrast_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "normlab/analysis/texts.h"
#include "normlab/core/text.h"

namespace normlab {
namespace {

std::string p_text(double p) {
  return p < 0.001 ? "<0.001" : fmt::format("{:.2g}", p);
}

std::string remark_on(const Contrast& contrast) {
  std::vector<std::string_view> remarks;
  if (contrast.pairing == Pairing::independent) remarks.emplace_back("not paired by seed");
  if (contrast.ratio->degenerate) remarks.emplace_back("no spread to estimate from");
  if (contrast.test->smallest_p > 0.05) remarks.emplace_back("too few seeds for any p up to 0.05");
  return fmt::format("{}", fmt::join(remarks, ", "));
}

Field ratio_field(const Contrast& contrast) {
  if (!contrast.ratio) return {"—", ""};
  return {fmt::format("{:.3g}", contrast.ratio->ratio),
          fmt::format("({:.3g}–{:.3g})", contrast.ratio->lower, contrast.ratio->upper)};
}

void add_result(std::vector<Field>& fields, const Contrast& contrast, bool of_seeds) {
  if (!contrast.ratio) {
    for (int i = 0; i < (of_seeds ? 4 : 3); ++i) fields.push_back({"—", ""});
    fields.push_back({contrast.reason, ""});
    return;
  }
  fields.push_back(ratio_field(contrast));
  fields.push_back({fmt::format("{:.0f} %", 100 * contrast.superiority), ""});
  fields.push_back({p_text(contrast.adjusted_p), ""});
  if (of_seeds) fields.push_back({contrast.more_seeds ? std::to_string(*contrast.more_seeds) : "—", ""});
  fields.push_back({remark_on(contrast), ""});
}

// The settings that the groups have in common, with the label of each.
std::vector<std::pair<std::string, Field>> shared_settings(const Report& report, const Contrast& contrast) {
  std::vector<std::pair<std::string, Field>> shared;
  const std::vector<std::string>& chosen = report.contrasted.chosen;
  const auto is_shared = [&](const std::string& setting) {
    return setting != report.contrasted.setting && std::ranges::find(chosen, setting) == chosen.end();
  };
  if (is_shared("model")) shared.push_back({"model", {contrast.model, ""}});
  if (is_shared("norm")) shared.push_back({"norm", {contrast.norm, ""}});
  if (is_shared("batch_size")) shared.push_back({"batch size", {std::to_string(contrast.batch_size), ""}});
  for (std::size_t i = 0; i < report.columns.size(); ++i) {
    if (is_shared(report.columns[i]))
      shared.push_back({report.columns[i], {setting_text(contrast.settings[i]), ""}});
  }
  return shared;
}

void add_column(Table& table, const std::string& label, bool right) {
  table.header.push_back(label);
  table.right_aligned.push_back(right);
}

// Which groups are compared.
void add_group_columns(Table& table, const Report& report) {
  for (const auto& [label, field] : shared_settings(report, report.contrasts.front()))
    add_column(table, label, label != "model" && label != "norm");
  add_column(table, report.contrasted.setting, false);
  for (const std::string& setting : report.contrasted.chosen) add_column(table, setting, false);
}

std::vector<Field> group_fields(const Report& report, const Contrast& contrast) {
  std::vector<Field> fields;
  for (const auto& [label, field] : shared_settings(report, contrast)) fields.push_back(field);
  const ContrastSide &first = contrast.first, &second = contrast.second;
  fields.push_back({fmt::format("{} / {}", first.value, second.value), ""});
  for (std::size_t i = 0; i < first.chosen.size(); ++i) {
    fields.push_back(
        {fmt::format("{} / {}", setting_text(first.chosen[i]), setting_text(second.chosen[i])), ""});
  }
  return fields;
}

std::string reached_text(const Contrast& contrast) {
  const ContrastSide &first = contrast.first, &second = contrast.second;
  return fmt::format("{}/{}, {}/{}", first.reached, first.runs, second.reached, second.runs);
}

std::string rounds_text(const Contrast& contrast) {
  return contrast.ratio ? std::to_string(contrast.first.runs) : "—";
}

std::string step_time_explanation(std::size_t contrasts) {
  return fmt::format(
      "Ratio: time of a step of the first group over that of the second, taken within each round in which "
      "both were measured; median with its 95 % interval from order statistics. Shorter: the share of "
      "rounds in which the first was, ties as half. p: of the sign test that the ratio is 1, adjusted by "
      "Holm over all comparisons of this table ({}).",
      contrasts);
}

Field varied_field(const Contrast& contrast) {
  if (contrast.first.reached + contrast.second.reached == 0) return {"none reached", ""};
  return ratio_field(contrast);
}

// Each once, in the order of the report.
template <class T>
std::vector<T> distinct(const Report& report, T TargetVariation::*part) {
  std::vector<T> values;
  for (const Sensitivity& one : report.sensitivity) {
    if (std::ranges::find(values, one.target.*part) == values.end()) values.push_back(one.target.*part);
  }
  return values;
}

}  // namespace

Table make_contrast_table(const Report& report) {
  Table table;
  add_group_columns(table, report);
  const bool of_steps = report.contrasted.measure == Measure::step_time;
  add_column(table, of_steps ? "rounds" : "reached", true);
  add_column(table, "ratio of " + with_blanks(measure_name(report.contrasted.measure)), true);
  add_column(table, of_steps ? "shorter" : "earlier", true);
  add_column(table, "p", true);
  if (!of_steps) add_column(table, "seeds wanted", true);
  add_column(table, "", false);
  for (const Contrast& contrast : report.contrasts) {
    std::vector<Field> fields = group_fields(report, contrast);
    fields.push_back({of_steps ? rounds_text(contrast) : reached_text(contrast), ""});
    add_result(fields, contrast, !of_steps);
    table.rows.push_back(std::move(fields));
  }
  return table;
}

Table make_sensitivity_table(const Report& report) {
  Table table;
  add_group_columns(table, report);
  add_column(table, "threshold", true);
  const std::vector<Index> holds = distinct(report, &TargetVariation::hold);
  const std::vector<double> thresholds = distinct(report, &TargetVariation::threshold);
  for (const Index hold : holds) add_column(table, fmt::format("for {}", hold), true);
  for (std::size_t i = 0; i < report.contrasts.size(); ++i) {
    for (const double threshold : thresholds) {
      std::vector<Field> fields = group_fields(report, report.contrasts[i]);
      fields.push_back({fmt::format("{}", threshold), ""});
      for (const Sensitivity& one : report.sensitivity) {
        if (one.target.threshold == threshold) fields.push_back(varied_field(one.contrasts[i]));
      }
      table.rows.push_back(std::move(fields));
    }
  }
  return table;
}

std::string contrast_explanation(const Report& report) {
  const std::string& measure = measure_name(report.contrasted.measure);
  if (report.contrasted.measure == Measure::step_time) return step_time_explanation(report.contrasts.size());
  std::string text = fmt::format(
      "Ratio: mean {0} to the target of the first group over those of the second, with a 95 % bootstrap "
      "interval; below 1 the first is the faster one. Each mean is restricted to the earliest point at "
      "which a run of the two is censored, and a diverged run never gets there. Earlier: the probability "
      "that a run of the first group gets there before one of the second, ties as half. p: of the "
      "permutation test that the two do not differ, adjusted by Holm over all comparisons of this "
      "table ({1}). Seeds wanted: in each group, to tell the means apart with a probability of 80 % if they "
      "are as they look.",
      measure, report.contrasts.size());
  if (report.contrasted.measure == Measure::seconds) {
    text +=
        " Seconds are steps times the time of a step, timed apart: on the log scale the ratio's interval has "
        "the distances of both added in square, and p is the largest within the 99.9 % interval of the "
        "ratio of step times, plus 0.1 %.";
  }
  return text;
}

std::string sensitivity_explanation() {
  return "The same ratios, if the target had another threshold and had to hold at so many evaluations in a "
         "row. A run that its own target ended is censored there, so that a stricter one finds little behind "
         "it.";
}

}  // namespace normlab
