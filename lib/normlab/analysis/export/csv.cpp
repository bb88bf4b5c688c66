// Comma-separated values.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <cmath>
#include <initializer_list>

#include "normlab/analysis/export/csv_line.h"
#include "normlab/analysis/export/format.h"
#include "normlab/analysis/export/printable.h"
#include "normlab/analysis/export/quantities.h"
#include "normlab/analysis/texts.h"

namespace normlab {
namespace {

std::string csv_number(const std::optional<Spread>& spread, double Spread::*part) {
  if (!spread || std::isinf((*spread).*part)) return "";
  return fmt::format("{}", (*spread).*part);
}

constexpr std::array timed_columns = {"step_seconds", "step_seconds_low", "step_seconds_high", "seconds",
                                      "seconds_low",  "seconds_high",     "seconds_censored"};

// Fields of timed_columns, empty where there is no time.
void add_time_fields(std::vector<std::string>& fields, const std::optional<GroupTimes>& times) {
  const std::size_t end = fields.size() + timed_columns.size();
  const auto add = [&](std::initializer_list<double> numbers) {
    for (const double number : numbers) fields.push_back(fmt::format("{}", number));
  };
  if (times) add({times->step.median, times->step.lower, times->step.upper});
  if (times && times->seconds) {
    const TimedMean& seconds = *times->seconds;
    add({seconds.mean});
    if (seconds.lower < seconds.upper) add({seconds.lower, seconds.upper});
    fields.resize(end - 1);
    fields.push_back(times->seconds->censored ? "1" : "0");
  }
  fields.resize(end);
}

}  // namespace

std::string render_csv(const Report& recorded) {
  const Report report = with_printable_texts(recorded);
  std::vector<std::string> header = {"model", "norm", "batch_size"};
  header.insert(header.end(), report.columns.begin(), report.columns.end());
  if (!report.chosen.empty()) header.emplace_back("best_of");
  header.insert(header.end(), {"dataset", "target", "counted_to"});
  for (const NamedCount& count : named_counts) header.emplace_back(count.name);
  for (const NamedSpread& spread : named_spreads) {
    for (const char* part : {"median", "minimum", "maximum", "not_reached"}) {
      header.push_back(fmt::format("{}_{}", spread.name, part));
    }
  }
  const bool timed = !report.step_times.empty();
  if (timed) header.insert(header.end(), timed_columns.begin(), timed_columns.end());
  header.insert(header.end(), {"test_compares", "test_metric", "reasons", "time_warnings"});
  std::string text = csv_line(header);
  for (std::size_t i = 0; i < report.rows.size(); ++i) {
    const ReportRow& row = report.rows[i];
    std::vector<std::string> fields = {row.model, row.norm, std::to_string(row.batch_size)};
    for (const nlohmann::json& setting : row.settings)
      fields.push_back(setting.is_null() ? "" : setting_text(setting));
    if (!report.chosen.empty()) fields.push_back(std::to_string(report.choices[i].candidates));
    fields.insert(fields.end(), {row.dataset, row.target, std::string(extent_name(row.extent))});
    for (const NamedCount& count : named_counts) fields.push_back(std::to_string(row.*(count.count)));
    for (const NamedSpread& named : named_spreads) {
      const std::optional<Spread>& spread = row.*(named.spread);
      for (const auto part : {&Spread::median, &Spread::minimum, &Spread::maximum}) {
        fields.push_back(csv_number(spread, part));
      }
      fields.push_back(spread ? std::to_string(spread->missed) : "");
    }
    if (timed) add_time_fields(fields, row.times);
    fields.insert(fields.end(), {row.test_compares ? "true" : "false", row.test_metric,
                                 fmt::format("{}", fmt::join(row.reasons, "; ")),
                                 fmt::format("{}", fmt::join(row.time_warnings, "; "))});
    text += csv_line(fields);
  }
  return text;
}

}  // namespace normlab
