// A report as text: aligned table, markdown, CSV, JSON.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "normlab/analysis/report.h"
#include "normlab/analysis/text_chart.h"
#include "normlab/analysis/texts.h"
#include "normlab/core/text.h"
#include "normlab/records/vocabulary.h"

namespace normlab {
namespace {

using OrderedJson = nlohmann::ordered_json;

// ---- numbers for people

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

std::string test_number(double value) {
  return fmt::format("{:.4f}", value);
}

// A table's field: the median, and the range over runs where there is one.
struct Field {
  std::string value, range;
};

Field spread_field(const std::optional<Spread>& spread, std::string (*number)(double),
                   std::string_view miss) {
  if (!spread) return {};
  Field field;
  field.value = std::isinf(spread->median) ? std::string(miss) : number(spread->median);
  if (spread->minimum < spread->maximum) {
    field.range = fmt::format("({}–{})", number(spread->minimum),
                              std::isinf(spread->maximum) ? "miss" : number(spread->maximum));
  }
  return field;
}

// ---- the table, for terminal and markdown alike

struct Table {
  std::vector<std::string> header;
  std::vector<bool> right_aligned;
  std::vector<std::vector<Field>> rows;
  std::vector<std::string> notes;
};

std::string join_words(const std::vector<std::string>& words, std::string_view separator) {
  return fmt::format("{}", fmt::join(words, separator));
}

std::string test_label(const Report& report) {
  std::vector<std::string> metrics;
  for (const ReportRow& row : report.rows) {
    if (row.test_metric.empty()) continue;
    const std::string name = with_blanks(row.test_metric);
    if (std::find(metrics.begin(), metrics.end(), name) == metrics.end()) metrics.push_back(name);
  }
  return "test " + join_words(metrics, " or ");
}

bool has_targets(const Report& report) {
  return std::any_of(report.rows.begin(), report.rows.end(),
                     [](const ReportRow& row) { return row.extent == Extent::target; });
}

// "undefined [1]", "2 diverged [2][3]": what happened, with numbers of the notes below the table that tell
// more.
std::string remark(const ReportRow& row, std::vector<std::string>& notes) {
  std::vector<std::string> parts;
  const auto add = [&](Index count, std::string_view what) {
    if (count > 0) parts.push_back(count == row.runs ? std::string(what) : fmt::format("{} {}", count, what));
  };
  add(row.undefined, "undefined");
  add(row.diverged, "diverged");
  add(row.failed, "failed");
  add(row.unfinished, "unfinished");
  if (row.doubtful_times > 0) add(row.doubtful_times, "doubtful times");
  std::string text = join_words(parts, ", ");
  for (const std::string& reason : row.reasons) {
    auto found = std::find(notes.begin(), notes.end(), reason);
    if (found == notes.end()) found = notes.insert(notes.end(), reason);
    text += fmt::format("{}[{}]", text.empty() || text.back() == ']' ? "" : " ", found - notes.begin() + 1);
  }
  return text;
}

std::vector<Field> table_row(const ReportRow& row, bool targets, std::vector<std::string>& notes) {
  std::vector<Field> fields = {{row.model, ""}, {row.norm, ""}, {std::to_string(row.batch_size), ""}};
  for (const nlohmann::json& setting : row.settings) fields.push_back({setting_text(setting), ""});
  if (targets) {
    const std::string reached = row.undefined == row.runs ? "—" : fmt::format("{}/{}", row.reached, row.runs);
    fields.push_back({row.extent == Extent::target ? reached : "no target", ""});
  } else {
    fields.push_back({std::to_string(row.runs), ""});
  }
  fields.push_back(spread_field(row.epochs, plain_number, "not reached"));
  fields.push_back(spread_field(row.steps, count_number, "—"));
  fields.push_back(spread_field(row.train_seconds, seconds_number, "—"));
  if (row.doubtful_times > 0 && row.train_seconds) fields.back().value += "†";
  fields.push_back(spread_field(row.train_seconds_from_median_step, seconds_number, "—"));
  if (row.doubtful_medians > 0 && row.train_seconds_from_median_step) fields.back().value += "†";
  fields.push_back(spread_field(row.test, test_number, "—"));
  fields.push_back({remark(row, notes), ""});
  return fields;
}

Table make_table(const Report& report) {
  Table table;
  const bool targets = has_targets(report);
  const auto column = [&](const std::string& label, bool right) {
    table.header.push_back(label);
    table.right_aligned.push_back(right);
  };
  column("model", false);
  column("norm", false);
  column("batch size", true);
  for (const std::string& name : report.columns) column(name, true);
  column(targets ? "reached" : "runs", true);
  column("epochs", true);
  column("steps", true);
  column("train seconds", true);
  column("steps × median, s", true);
  column(test_label(report), true);
  column("", false);
  for (const ReportRow& row : report.rows) table.rows.push_back(table_row(row, targets, table.notes));
  return table;
}

// ---- what was trained on what

using Heading = std::vector<std::pair<std::string, std::string>>;

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
  add("machine", join_words(report.machines, "; "));
  add("versions", join_words(report.versions, "; "));
  return heading;
}

std::string explanation(const Report& report) {
  const std::string extent = has_targets(report) ? "up to the evaluation at which the target was reached"
                                                 : "of the whole run, as no target was set";
  return fmt::format(
      "Epochs, steps and seconds are those {}: median over seeds, with the range where they differ. A run "
      "that "
      "misses counts as infinite. Train seconds are as measured; steps × median is the number of steps times "
      "the run's median step time, in seconds.",
      extent);
}

// ---- terminal

std::string padded(const std::string& text, std::size_t width, bool right) {
  const std::string blanks(width - std::min(width, text_columns(text)), ' ');
  return right ? blanks + text : text + blanks;
}

std::string wrapped(const std::string& text, std::size_t width) {
  std::string result, line;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    if (!line.empty() && text_columns(line) + 1 + text_columns(word) > width) {
      result += line + "\n";
      line.clear();
    }
    line += line.empty() ? word : " " + word;
    begin = end + 1;
  }
  return result + line + "\n";
}

// How wide a column's medians, ranges and the column as a whole are.
struct ColumnWidth {
  std::size_t value = 0, range = 0, whole = 0;
};

ColumnWidth measure_column(const Table& table, std::size_t column) {
  ColumnWidth width;
  for (const auto& row : table.rows) {
    width.value = std::max(width.value, text_columns(row[column].value));
    width.range = std::max(width.range, text_columns(row[column].range));
  }
  const std::size_t body = width.value + (width.range > 0 ? 1 + width.range : 0);
  width.whole = std::max(body, text_columns(table.header[column]));
  if (width.range == 0) width.value = width.whole;
  return width;
}

std::string without_trailing_blanks(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

// Medians stand under one another, and so do ranges.
std::string render_aligned(const Table& table) {
  std::vector<ColumnWidth> widths;
  std::vector<std::string> header;
  for (std::size_t i = 0; i < table.header.size(); ++i) {
    widths.push_back(measure_column(table, i));
    header.push_back(padded(table.header[i], widths[i].whole, table.right_aligned[i]));
  }
  const std::string title = without_trailing_blanks(join_words(header, "  "));
  std::string text = title;
  text += '\n';
  for (std::size_t i = 0; i < text_columns(title); ++i) text += "─";
  for (const auto& row : table.rows) {
    std::vector<std::string> fields;
    for (std::size_t i = 0; i < row.size(); ++i) {
      std::string field = padded(row[i].value, widths[i].value, table.right_aligned[i]);
      if (widths[i].range > 0) field.append(1, ' ').append(padded(row[i].range, widths[i].range, false));
      fields.push_back(padded(field, widths[i].whole, table.right_aligned[i]));
    }
    text += '\n';
    text += without_trailing_blanks(join_words(fields, "  "));
  }
  return text + "\n";
}

std::string render_for_terminal(const Report& report) {
  std::string text =
      wrapped(report.description.empty() ? report.name : report.name + ": " + report.description, 110);
  const Heading heading = make_heading(report);
  std::size_t width = 0;
  for (const auto& [label, value] : heading) width = std::max(width, text_columns(label));
  for (const auto& [label, value] : heading) {
    text += fmt::format("  {}  {}\n", padded(label, width, false), value);
  }
  for (const std::string& warning : report.warnings) text += fmt::format("  warning: {}\n", warning);
  if (report.rows.empty()) return text;
  const Table table = make_table(report);
  text += fmt::format("\n{}\n{}", render_aligned(table), wrapped(explanation(report), 110));
  for (std::size_t i = 0; i < table.notes.size(); ++i) {
    text += fmt::format("[{}] {}\n", i + 1, table.notes[i]);
  }
  return text;
}

// ---- markdown

std::string markdown_escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (std::string_view("|<*_`\\").find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

std::string render_markdown(const Report& report) {
  std::string text = fmt::format("## {}\n\n", markdown_escaped(report.name));
  if (!report.description.empty()) text += markdown_escaped(report.description) + "\n\n";
  for (const auto& [label, value] : make_heading(report)) {
    text += fmt::format("- {}: {}\n", markdown_escaped(label), markdown_escaped(value));
  }
  for (const std::string& warning : report.warnings) {
    text += fmt::format("- **warning**: {}\n", markdown_escaped(warning));
  }
  if (report.rows.empty()) return text;
  const Table table = make_table(report);
  text += "\n|";
  for (const std::string& label : table.header) text += fmt::format(" {} |", markdown_escaped(label));
  text += "\n|";
  for (const bool right : table.right_aligned) text += right ? " ---: |" : " --- |";
  for (const auto& row : table.rows) {
    text += "\n|";
    for (const Field& field : row) {
      const std::string range = field.range.empty() ? "" : " " + field.range;
      text += fmt::format(" {} |", markdown_escaped(field.value + range));
    }
  }
  text += "\n\n" + explanation(report) + "\n";
  for (std::size_t i = 0; i < table.notes.size(); ++i) {
    text += fmt::format("{}- [{}] {}\n", i == 0 ? "\n" : "", i + 1, markdown_escaped(table.notes[i]));
  }
  return text;
}

// ---- CSV and JSON

struct NamedSpread {
  const char* name;
  std::optional<Spread> ReportRow::*spread;
};
constexpr std::array<NamedSpread, 5> named_spreads = {{
    {"epochs", &ReportRow::epochs},
    {"steps", &ReportRow::steps},
    {"train_seconds", &ReportRow::train_seconds},
    {"train_seconds_from_median_step", &ReportRow::train_seconds_from_median_step},
    {"test", &ReportRow::test},
}};

struct NamedCount {
  const char* name;
  Index ReportRow::*count;
};
constexpr std::array<NamedCount, 10> named_counts = {{
    {"runs", &ReportRow::runs},
    {"reached_target", &ReportRow::reached},
    {"missed_target", &ReportRow::missed},
    {"finished", &ReportRow::finished},
    {"diverged", &ReportRow::diverged},
    {"undefined", &ReportRow::undefined},
    {"failed", &ReportRow::failed},
    {"interrupted", &ReportRow::unfinished},
    {"doubtful_times", &ReportRow::doubtful_times},
    {"doubtful_medians", &ReportRow::doubtful_medians},
}};

std::string extent_name(Extent extent) {
  return extent == Extent::target ? "target" : "end_of_run";
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string result = "\"";
  for (const char c : text) result += c == '"' ? std::string("\"\"") : std::string(1, c);
  return result + "\"";
}

std::string csv_line(const std::vector<std::string>& fields) {
  std::vector<std::string> quoted;
  quoted.reserve(fields.size());
  for (const std::string& field : fields) quoted.push_back(csv_field(field));
  return join_words(quoted, ",") + "\n";
}

std::string csv_number(const std::optional<Spread>& spread, double Spread::*part) {
  if (!spread || std::isinf((*spread).*part)) return "";
  return fmt::format("{}", (*spread).*part);
}

std::string render_csv(const Report& report) {
  std::vector<std::string> header = {"model", "norm", "batch_size"};
  header.insert(header.end(), report.columns.begin(), report.columns.end());
  header.insert(header.end(), {"dataset", "target", "counted_to"});
  for (const NamedCount& count : named_counts) header.emplace_back(count.name);
  for (const NamedSpread& spread : named_spreads) {
    for (const char* part : {"median", "minimum", "maximum", "not_reached"}) {
      header.push_back(fmt::format("{}_{}", spread.name, part));
    }
  }
  header.insert(header.end(), {"test_metric", "reasons", "time_warnings"});
  std::string text = csv_line(header);
  for (const ReportRow& row : report.rows) {
    std::vector<std::string> fields = {row.model, row.norm, std::to_string(row.batch_size)};
    for (const nlohmann::json& setting : row.settings)
      fields.push_back(setting.is_null() ? "" : setting_text(setting));
    fields.insert(fields.end(), {row.dataset, row.target, extent_name(row.extent)});
    for (const NamedCount& count : named_counts) fields.push_back(std::to_string(row.*(count.count)));
    for (const NamedSpread& named : named_spreads) {
      const std::optional<Spread>& spread = row.*(named.spread);
      for (const auto part : {&Spread::median, &Spread::minimum, &Spread::maximum}) {
        fields.push_back(csv_number(spread, part));
      }
      fields.push_back(spread ? std::to_string(spread->missed) : "");
    }
    fields.insert(fields.end(),
                  {row.test_metric, join_words(row.reasons, "; "), join_words(row.time_warnings, "; ")});
    text += csv_line(fields);
  }
  return text;
}

OrderedJson json_number(double value) {
  return std::isinf(value) ? OrderedJson() : OrderedJson(value);
}

OrderedJson json_spread(const std::optional<Spread>& spread) {
  if (!spread) {
    return {{"median", nullptr}, {"minimum", nullptr}, {"maximum", nullptr},
            {"runs", 0},         {"not_reached", 0},   {"median_status", "not_measured"}};
  }
  return {{"median", json_number(spread->median)},
          {"minimum", json_number(spread->minimum)},
          {"maximum", json_number(spread->maximum)},
          {"runs", spread->count},
          {"not_reached", spread->missed},
          {"median_status", std::isinf(spread->median) ? "not_reached" : "measured"}};
}

OrderedJson json_row(const Report& report, const ReportRow& row) {
  OrderedJson json = {{"model", row.model}, {"norm", row.norm}, {"batch_size", row.batch_size}};
  json["settings"] = OrderedJson::object();
  for (std::size_t i = 0; i < report.columns.size(); ++i)
    json["settings"][report.columns[i]] = row.settings[i];
  json["dataset"] = row.dataset;
  json["target"] = row.target.empty() ? OrderedJson() : OrderedJson(row.target);
  json["counted_to"] = extent_name(row.extent);
  json["seeds"] = row.seeds;
  for (const NamedCount& count : named_counts) json[count.name] = row.*(count.count);
  for (const NamedSpread& named : named_spreads) json[named.name] = json_spread(row.*(named.spread));
  json["test_metric"] = row.test_metric.empty() ? OrderedJson() : OrderedJson(row.test_metric);
  json["reasons"] = row.reasons;
  json["time_warnings"] = row.time_warnings;
  return json;
}

std::string render_json(const Report& report) {
  OrderedJson json = {{"schema", summary_schema},          {"name", report.name},
                      {"description", report.description}, {"models", report.models},
                      {"model_sizes", report.model_sizes}, {"datasets", report.datasets},
                      {"targets", report.targets},         {"seeds", report.seeds},
                      {"machines", report.machines},       {"versions", report.versions}};
  json["settings_by_model"] = OrderedJson::object();
  for (const auto& [setting, values] : report.by_model) json["settings_by_model"][setting] = values;
  json["warnings"] = report.warnings;
  json["explanation"] =
      "A median, minimum or maximum of null is not a number: with median_status \"not_reached\" half of the "
      "runs or "
      "more missed the target and count as infinite; with \"not_measured\" no run of the cell ended with a "
      "result.";
  json["rows"] = OrderedJson::array();
  for (const ReportRow& row : report.rows) json["rows"].push_back(json_row(report, row));
  return json.dump(2, ' ', false, OrderedJson::error_handler_t::replace) +
         "\n";  // a folder's name is any bytes
}

// ---- texts from records

using MakePrintable = std::string (*)(std::string_view);

void make_printable(std::vector<std::string>& texts, MakePrintable make) {
  for (std::string& text : texts) text = make(text);
}

// A setting that is text, or a list of texts; numbers stay as they are.
void make_printable(nlohmann::json& setting) {
  const std::string text = setting_text(setting);
  std::string shown = shortened(text);
  if (shown != text) setting = std::move(shown);
}

void make_printable(ReportRow& row) {
  for (std::string* text : {&row.model, &row.norm, &row.dataset, &row.target, &row.test_metric})
    *text = shortened(*text);
  make_printable(row.reasons, shortened_sentence);
  make_printable(row.time_warnings, printable);  // each was shortened before they were joined
  for (nlohmann::json& setting : row.settings) make_printable(setting);
}

// A record may come from anywhere, and what it says must neither steer a terminal nor break a line of a
// table, nor fill the page.
Report with_printable_texts(Report report) {
  report.name = shortened_sentence(report.name);
  report.description = shortened_sentence(report.description);
  for (auto* names : {&report.models, &report.datasets, &report.targets, &report.columns})
    make_printable(*names, shortened);
  // Put together from texts that were shortened.
  for (auto* texts : {&report.model_sizes, &report.machines, &report.versions, &report.warnings})
    make_printable(*texts, printable);
  for (auto& [setting, values] : report.by_model) {
    setting = shortened(setting);
    values = printable(values);
  }
  for (ReportRow& row : report.rows) make_printable(row);
  return report;
}

}  // namespace

std::string render_report(const Report& report, ReportFormat format) {
  switch (format) {
    case ReportFormat::markdown:
      return render_markdown(with_printable_texts(report));
    case ReportFormat::csv:
      return render_csv(with_printable_texts(report));
    case ReportFormat::json:
      return render_json(report);
    case ReportFormat::table:
      break;
  }
  return render_for_terminal(with_printable_texts(report));
}

}  // namespace normlab
