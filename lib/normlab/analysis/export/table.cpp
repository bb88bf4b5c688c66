#include "normlab/analysis/export/table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>

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

std::string markdown_escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (std::string_view("|<[*_`\\").find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

std::string markdown_table(const Table& table) {
  std::string text;
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
  return text;
}

}  // namespace normlab
