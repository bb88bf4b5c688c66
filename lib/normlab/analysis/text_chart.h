// A line chart out of characters, for terminals.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace normlab {

struct CurvePoint {
  double x = 0, y = 0;  // finite
};

// The curve goes straight from point to point; where there is room, each point is a dot on it. A single point
// is a dot alone. Points need not be sorted. The whole chart is `width` + 11 columns wide and `height` + 3
// lines high.
struct TextChart {
  std::string title;
  std::string x_label;
  std::vector<CurvePoint> points;
  std::optional<double> threshold;  // a dashed line at this y
  std::string threshold_label;
  int width = 80;  // columns of the plotting area, at least 10
  int height = 9;  // lines of the plotting area, at least 2
};

// Lines that end with a newline. A chart without points says so in one line.
std::string render_chart(const TextChart& requested);

// Columns that a UTF-8 text takes, when each of its characters takes one.
std::size_t text_columns(std::string_view text);

}  // namespace normlab
