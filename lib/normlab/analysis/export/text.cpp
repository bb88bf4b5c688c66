// The aligned table for a terminal.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "normlab/analysis/export/contrast_table.h"
#include "normlab/analysis/export/format.h"
#include "normlab/analysis/export/printable.h"
#include "normlab/analysis/export/table.h"
#include "normlab/analysis/text_chart.h"

namespace normlab {
namespace {

std::string padded(const std::string& text, std::size_t width, bool right) {
  const std::string blanks(width - std::min(width, text_columns(text)), ' ');
  return right ? blanks + text : text + blanks;
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

}  // namespace

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

std::string render_aligned(const Table& table) {
  std::vector<ColumnWidth> widths;
  std::vector<std::string> header;
  for (std::size_t i = 0; i < table.header.size(); ++i) {
    widths.push_back(measure_column(table, i));
    header.push_back(padded(table.header[i], widths[i].whole, table.right_aligned[i]));
  }
  const std::string title = without_trailing_blanks(fmt::format("{}", fmt::join(header, "  ")));
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
    text += without_trailing_blanks(fmt::format("{}", fmt::join(fields, "  ")));
  }
  return text + "\n";
}

std::string render_table(const Report& recorded) {
  const Report report = with_printable_texts(recorded);
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
  if (report.contrasts.empty()) return text;
  text += fmt::format("\n{}\n{}", render_aligned(make_contrast_table(report)),
                      wrapped(contrast_explanation(report), 110));
  if (report.sensitivity.empty()) return text;
  return text + fmt::format("\n{}\n{}", render_aligned(make_sensitivity_table(report)),
                            wrapped(sensitivity_explanation(), 110));
}

}  // namespace normlab
