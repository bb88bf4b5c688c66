#include "normlab/analysis/export/times_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "normlab/analysis/export/table.h"
#include "normlab/analysis/seed_groups.h"
#include "normlab/analysis/texts.h"
#include "normlab/core/text.h"
#include "normlab/records/fields.h"

namespace normlab {
namespace {

// The settings of the cells, and which of them tell cells apart beside model, norm and batch size.
struct CellSettings {
  std::vector<Settings> cells;
  std::vector<std::string> of_norm, others;
};

CellSettings settings_of_cells(const StepTimesRecord& times) {
  CellSettings result;
  std::vector<const Settings*> all;
  result.cells.reserve(times.cells.size());
  for (const CellTimes& cell : times.cells) result.cells.push_back(settings_of_config(cell.settings));
  all.reserve(result.cells.size());
  for (const Settings& settings : result.cells) all.push_back(&settings);
  for (const std::string& path : find_varying_settings(all).columns)
    (path.starts_with("norm.") ? result.of_norm : result.others).push_back(path);
  return result;
}

std::string value_text(const Settings& settings, const std::string& path) {
  const nlohmann::json* value = setting_at(settings, path);
  return value == nullptr ? "" : shortened(setting_text(*value));
}

// "layer", and what else tells it from other norms: "layer, epsilon 0.001".
std::string norm_text(const CellSettings& known, std::size_t cell) {
  std::string text = value_text(known.cells[cell], "norm.name");
  for (const std::string& path : known.of_norm) {
    const std::string value = value_text(known.cells[cell], path);
    if (!value.empty())
      text += fmt::format(", {} {}", shortened(path.substr(std::string("norm.").size())), value);
  }
  return text;
}

void add_times_column(Table& table, const std::string& label, bool right) {
  table.header.push_back(label);
  table.right_aligned.push_back(right);
}

std::vector<Field> other_fields(const CellSettings& known, std::size_t cell) {
  std::vector<Field> fields{{value_text(known.cells[cell], "batch_size"), ""}};
  for (const std::string& path : known.others) fields.push_back({value_text(known.cells[cell], path), ""});
  return fields;
}

Table times_table(const StepTimesRecord& times, const CellSettings& known) {
  Table table;
  add_times_column(table, "model", false);
  add_times_column(table, "norm", false);
  add_times_column(table, "batch size", true);
  for (const std::string& path : known.others) add_times_column(table, shortened(path), true);
  add_times_column(table, "step, ms", true);
  add_times_column(table, "", true);
  for (std::size_t i = 0; i < times.cells.size(); ++i) {
    std::vector<Field> fields{{value_text(known.cells[i], "model.name"), ""}, {norm_text(known, i), ""}};
    for (Field& field : other_fields(known, i)) fields.push_back(std::move(field));
    if (times.cells[i].round_seconds.empty()) {
      fields.insert(fields.end(), {{"—", ""}, {shortened_sentence(times.cells[i].reason), ""}});
    } else {
      const MedianInterval step = step_seconds(times.cells[i]);
      const double unsure = 50 * (step.upper - step.lower) / step.median;
      fields.push_back({milliseconds(step.median),
                        fmt::format("({}–{})", milliseconds(step.lower), milliseconds(step.upper))});
      fields.push_back({fmt::format("± {:.1f} %", unsure), ""});
    }
    table.rows.push_back(std::move(fields));
  }
  return table;
}

Table ratio_table(const StepTimesRecord& times, const CellSettings& known) {
  Table table;
  add_times_column(table, "model", false);
  add_times_column(table, "batch size", true);
  for (const std::string& path : known.others) add_times_column(table, shortened(path), true);
  add_times_column(table, "norms", false);
  add_times_column(table, "ratio of step times", true);
  for (const auto& [first, second] : norm_pairs(times)) {
    std::vector<Field> fields{{value_text(known.cells[first], "model.name"), ""}};
    for (Field& field : other_fields(known, first)) fields.push_back(std::move(field));
    fields.push_back({fmt::format("{} / {}", norm_text(known, first), norm_text(known, second)), ""});
    const MedianInterval ratio = step_ratio(times.cells[first], times.cells[second]);
    fields.push_back(
        {fmt::format("{:.3f}", ratio.median), fmt::format("({:.3f}–{:.3f})", ratio.lower, ratio.upper)});
    table.rows.push_back(std::move(fields));
  }
  return table;
}

std::string heading_text(const StepTimesRecord& times) {
  return fmt::format("{}: the time of a training step, {} cells in {} rounds, on {} ({}), {}\n",
                     shortened(times.name), times.cells.size(), times.rounds,
                     shortened(text_at(times.environment, "cpu", "an unknown processor")),
                     shortened(text_at(times.environment, "simd", "unknown")), shortened(times.started));
}

}  // namespace

std::string milliseconds(double seconds) {
  const double value = 1e3 * seconds;
  const int digits = value > 0 ? 3 - static_cast<int>(std::floor(std::log10(value))) : 0;
  return fmt::format("{:.{}f}", value, std::clamp(digits, 0, 6));
}

std::string render_step_times(const StepTimesRecord& times) {
  const CellSettings known = settings_of_cells(times);
  std::string text = fmt::format("{}\n{}", heading_text(times), render_aligned(times_table(times, known)));
  const Table ratios = ratio_table(times, known);
  if (!ratios.rows.empty()) text += "\n" + render_aligned(ratios);
  return text + "\n" +
         wrapped(
             "In each round every cell has a turn, in random order, with a new network on the real data; a "
             "turn "
             "counts as the median of its steps. Times are medians over the rounds, ratios medians of the "
             "ratios within each round, both with 95 % intervals from order statistics.",
             110);
}

}  // namespace normlab
