// Tables as text: what formats for people, the times of steps and verdicts share.
#pragma once

#include <string>
#include <vector>

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

// For a terminal, a line each for header and rows; medians stand under one another, and so do ranges.
std::string render_aligned(const Table& table);

// The text in lines of at most `width` columns, where its words allow it; each with its end.
std::string wrapped(const std::string& text, std::size_t width);

// In Markdown, where every line begins with its end.
std::string markdown_table(const Table& table);
std::string markdown_escaped(const std::string& text);

}  // namespace normlab
