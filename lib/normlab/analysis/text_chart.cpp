#include "normlab/analysis/text_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace normlab {
namespace {

constexpr std::size_t axis_label_width = 8;

// Rows count from the top.
using Canvas = std::vector<std::vector<std::string>>;

struct Scale {
  double low = 0, high = 1;
  int places = 1;

  int place(double value) const {
    const double fraction = high > low ? (value - low) / (high - low) : 0.5;
    return static_cast<int>(std::lround(fraction * (places - 1)));
  }
  double value(int index) const {
    return high > low ? low + (high - low) * index / std::max(places - 1, 1) : low;
  }
};

Scale x_scale(const TextChart& chart) {
  return {chart.points.front().x, chart.points.back().x, chart.width};
}

Scale y_scale(const TextChart& chart) {
  Scale scale{chart.points.front().y, chart.points.front().y, chart.height};
  const auto include = [&](double y) {
    scale.low = std::min(scale.low, y);
    scale.high = std::max(scale.high, y);
  };
  for (const CurvePoint& point : chart.points) include(point.y);
  if (chart.threshold) include(*chart.threshold);
  return scale;
}

void draw_threshold(Canvas& canvas, const TextChart& chart, int row) {
  for (std::string& place : canvas[row]) place = "┄";
  // The label stands at the left end, which a curve that reaches its target is far from.
  const std::string label = " " + chart.threshold_label + " ";
  const std::size_t columns = text_columns(label);
  if (chart.threshold_label.empty() || columns + 2 > canvas[row].size()) return;
  for (std::size_t i = 0; i < columns; ++i) canvas[row][1 + i] = label[i];
}

// Joins the heights of neighbouring columns: level, or up or down within one column.
void draw_curve(Canvas& canvas, const std::vector<int>& rows) {
  for (std::size_t column = 0; column + 1 < rows.size(); ++column) {
    const int here = rows[column], next = rows[column + 1];
    if (here == next) {
      canvas[here][column] = "─";
      continue;
    }
    const bool falls = next > here;
    canvas[here][column] = falls ? "╮" : "╯";
    canvas[next][column] = falls ? "╰" : "╭";
    for (int row = std::min(here, next) + 1; row < std::max(here, next); ++row) canvas[row][column] = "│";
  }
  if (rows.size() > 1) canvas[rows.back()].back() = "─";
}

// The row of the curve in every column, by straight lines between the points.
std::vector<int> rows_by_column(const TextChart& chart, const Scale& x, const Scale& y) {
  std::vector<int> rows;
  std::size_t next = 0;
  for (int column = 0; column < chart.width; ++column) {
    const double at = x.value(column);
    while (next + 1 < chart.points.size() && chart.points[next].x < at) ++next;
    const CurvePoint& right = chart.points[next];
    const CurvePoint& left = chart.points[next == 0 ? 0 : next - 1];
    const double weight = right.x > left.x ? std::clamp((at - left.x) / (right.x - left.x), 0.0, 1.0) : 1.0;
    rows.push_back(chart.height - 1 - y.place(left.y + weight * (right.y - left.y)));
  }
  return rows;
}

Canvas draw(const TextChart& chart, const Scale& x, const Scale& y) {
  Canvas canvas(chart.height, std::vector<std::string>(chart.width, " "));
  if (chart.threshold) draw_threshold(canvas, chart, chart.height - 1 - y.place(*chart.threshold));
  const bool one_place = !(x.high > x.low);
  if (!one_place) draw_curve(canvas, rows_by_column(chart, x, y));
  if (one_place || static_cast<int>(chart.points.size()) * 3 <= chart.width) {
    for (const CurvePoint& point : chart.points) {
      canvas[chart.height - 1 - y.place(point.y)][x.place(point.x)] = "●";
    }
  }
  return canvas;
}

std::string axis_labels(const TextChart& chart, const Scale& x) {
  const std::string indent(axis_label_width + 2, ' ');
  if (!(x.high > x.low)) {
    return indent + std::string(chart.width / 2, ' ') + fmt::format("{:.4g} {}\n", x.low, chart.x_label);
  }
  const std::string left = fmt::format("{:.4g}", x.low), right = fmt::format("{:.4g}", x.high);
  const std::size_t room =
      static_cast<std::size_t>(chart.width) - std::min<std::size_t>(chart.width, left.size() + right.size());
  return indent + left + fmt::format("{:^{}}", chart.x_label, room) + right + "\n";
}

}  // namespace

std::size_t text_columns(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string render_chart(const TextChart& requested) {
  if (requested.points.empty()) return requested.title + ": no points\n";
  TextChart chart = requested;
  chart.width = std::max(chart.width, 10);
  chart.height = std::max(chart.height, 2);
  std::stable_sort(chart.points.begin(), chart.points.end(),
                   [](const CurvePoint& a, const CurvePoint& b) { return a.x < b.x; });
  const Scale x = x_scale(chart), y = y_scale(chart);
  const Canvas canvas = draw(chart, x, y);
  std::string text = chart.title + "\n";
  for (int row = 0; row < chart.height; ++row) {
    const bool flat = !(y.high > y.low);
    const bool labelled = flat ? row == chart.height - 1 - y.place(y.low)
                               : row == 0 || row == chart.height - 1 || row == (chart.height - 1) / 2;
    std::string line = labelled
                           ? fmt::format("{:>{}.4g} ┤", y.value(chart.height - 1 - row), axis_label_width)
                           : std::string(axis_label_width + 1, ' ') + "│";
    for (const std::string& place : canvas[row]) line += place;
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  text += std::string(axis_label_width + 1, ' ') + "└";
  for (int column = 0; column < chart.width; ++column) text += "─";
  return text + "\n" + axis_labels(chart, x);
}

}  // namespace normlab
