// What the formats for people share: the table's fields, and what stands above and below it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "normlab/analysis/report.h"

namespace normlab {

// A table's field: the median, and the range over runs where there is one.
struct Field {
  std::string value, range;
};

struct Table {
  std::vector<std::string> header;
  std::vector<bool> right_aligned;
  std::vector<std::vector<Field>> rows;
  std::vector<std::string> notes;  // that the last field of a row names by their numbers, from 1
};

Table make_table(const Report& report);

// For a terminal, a line each for header and rows; medians stand under one another, and so do ranges.
std::string render_aligned(const Table& table);

// The text in lines of at most `width` columns, where its words allow it; each with its end.
std::string wrapped(const std::string& text, std::size_t width);

// In Markdown, where every line begins with its end.
std::string markdown_table(const Table& table);
std::string markdown_escaped(const std::string& text);

// What was trained on what: labels and texts. Empty where there are no rows.
using Heading = std::vector<std::pair<std::string, std::string>>;
Heading make_heading(const Report& report);

// What the numbers are, in a paragraph.
std::string explanation(const Report& report);

}  // namespace normlab
