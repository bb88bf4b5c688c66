// One run's record for people.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace normlab {

// Identity, config in a few lines, status, convergence, step time, test and the learning curve, in lines of
// at most 100 columns (UTF-8). `record` has to be a run record: see parse_run_record.
std::string render_record(const nlohmann::json& record);

// The same of a file. Throws RequestError naming FILE when it is not a run record.
std::string show_record(const std::filesystem::path& file);

struct CurvePoint {
  double x = 0, y = 0;
};

// A line chart of `height` rows over an x axis, at most 100 columns wide, drawn with box characters;
// `threshold` is a dashed line. One point is drawn as a dot. Points need not be sorted; without points the
// text says so.
struct TextChart {
  std::string title;
  std::string x_label;
  int width = 76;  // of the plotting area
  int height = 8;
  std::vector<CurvePoint> points;
  std::optional<double> threshold;
};
std::string render_chart(const TextChart& chart);

}  // namespace normlab
