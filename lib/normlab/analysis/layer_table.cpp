#include "normlab/analysis/layer_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "normlab/analysis/text_chart.h"
#include "normlab/core/json.h"
#include "normlab/core/text.h"
#include "normlab/records/fields.h"

namespace normlab {
namespace {

using nlohmann::json;

constexpr std::size_t widest_name = 32;
constexpr std::size_t spark_width = 30;  // two of them, the name and what is between fit into 100 columns

const json* layers_of(const json& evaluation) {
  const json* layers = value_at(evaluation, "layers");
  return layers != nullptr && layers->is_array() && !layers->empty() ? layers : nullptr;
}

// Those of before the first step, where they are known, and of each evaluation that has any.
struct TrackedLayers {
  std::vector<const json*> lists;
  bool from_start = false;
};

TrackedLayers tracked_layers(const json& record) {
  TrackedLayers tracked;
  if (const json* initial = value_at(record, "initial")) {
    if (const json* layers = layers_of(*initial)) tracked = {{layers}, true};
  }
  const json* evaluations = value_at(record, "evaluations");
  if (evaluations == nullptr || !evaluations->is_array()) return tracked;
  for (const json& evaluation : *evaluations) {
    if (const json* layers = layers_of(evaluation)) tracked.lists.push_back(layers);
  }
  return tracked;
}

std::string layer_name(const json& layer) {
  return shortened(text_at(layer, "name"));
}

// A name that is wider than `width` has a line of its own.
std::string padded_name(const std::string& name, std::size_t width) {
  const std::size_t columns = text_columns(name);
  return name + (columns > width ? "\n  " + std::string(width, ' ') : std::string(width - columns, ' '));
}

std::string layer_row(const std::string& name, const std::array<std::string, 6>& entries, std::size_t width) {
  return fmt::format("  {}{:>11}{:>10}{:>8}{:>12}{:>15}{:>10}\n", padded_name(name, width), entries[0],
                     entries[1], entries[2], entries[3], entries[4], entries[5]);
}

std::string last_values(const json& layers, std::size_t width) {
  std::string text =
      "\nlayers at the last evaluation: outputs, norms of the gradients by outputs and parameters, weights\n";
  text += layer_row("layer", {"mean", "deviation", "zeros", "by outputs", "by parameters", "weights"}, width);
  for (const json& layer : layers) {
    const auto entry = [&](std::string_view path) {
      const auto value = number_at(layer, path);
      return value ? fmt::format("{:.4g}", *value) : std::string("—");
    };
    text +=
        layer_row(layer_name(layer),
                  {entry("activation.mean"), entry("activation.deviation"), entry("activation.zero_fraction"),
                   entry("gradient_norm"), entry("parameter_gradient_norm"), entry("weight_norm")},
                  width);
  }
  return text;
}

constexpr double untracked = std::numeric_limits<double>::quiet_NaN();

// One statistic of each layer at each evaluation, and the range of those above 0.
struct Courses {
  std::vector<std::vector<double>> layers;
  double lowest = std::numeric_limits<double>::infinity(), highest = 0;
};

Courses courses_of(const std::vector<const json*>& tracked, const char* path) {
  Courses courses;
  courses.layers.resize(tracked.back()->size());
  for (std::size_t i = 0; i < courses.layers.size(); ++i) {
    for (const json* layers : tracked) {
      const double value = i < layers->size() ? number_at((*layers)[i], path).value_or(untracked) : untracked;
      courses.layers[i].push_back(value);
      if (!(value > 0)) continue;
      courses.lowest = std::min(courses.lowest, value);
      courses.highest = std::max(courses.highest, value);
    }
  }
  return courses;
}

std::string scale_text(const Courses& courses, std::string_view what) {
  if (courses.highest == 0) return fmt::format("{} none", what);
  return fmt::format("{} ▁ {:.3g} to █ {:.3g}", what, courses.lowest, courses.highest);
}

std::string spark_row(const std::string& name, const std::array<std::string, 2>& sparks, std::size_t width) {
  const std::string blanks(spark_width - std::min(spark_width, text_columns(sparks[0])), ' ');
  return fmt::format("  {}  {}{}  {}\n", padded_name(name, width), sparks[0], blanks, sparks[1]);
}

std::string courses_text(const TrackedLayers& tracked, std::size_t width) {
  const Courses outputs = courses_of(tracked.lists, "gradient_norm"),
                parameters = courses_of(tracked.lists, "parameter_gradient_norm");
  const std::size_t evaluations = tracked.lists.size() - (tracked.from_start ? 1 : 0);
  std::string text = fmt::format(
      "\ntheir gradients' course {}over {} evaluation{}, by the logarithm:\n  {}; {}\n",
      tracked.from_start ? "from before the first step on, " : "", evaluations, evaluations == 1 ? "" : "s",
      scale_text(outputs, "by outputs"), scale_text(parameters, "by parameters"));
  text += spark_row("layer", {"by outputs", "by parameters"}, width);
  for (std::size_t i = 0; i < outputs.layers.size(); ++i) {
    const auto spark = [&](const Courses& courses) {
      return sparkline(courses.layers[i], courses.lowest, courses.highest, spark_width);
    };
    text += spark_row(layer_name((*tracked.lists.back())[i]), {spark(outputs), spark(parameters)}, width);
  }
  return text;
}

}  // namespace

std::string sparkline(std::span<const double> values, double lowest, double highest, std::size_t width) {
  static constexpr std::array blocks = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const std::size_t count = std::min(values.size(), width);
  std::string line;
  for (std::size_t i = 0; i < count; ++i) {
    const double value = values[count < 2 ? values.size() - 1 : i * (values.size() - 1) / (count - 1)];
    if (!(value > 0) || std::isinf(value)) {
      line += "·";
      continue;
    }
    const double height = highest > lowest ? std::log(value / lowest) / std::log(highest / lowest) : 0.5;
    const auto place = std::lround(std::clamp(height, 0., 1.) * (blocks.size() - 1));
    line += blocks[static_cast<std::size_t>(place)];
  }
  return line;
}

std::string render_layers(const json& record) {
  const TrackedLayers tracked = tracked_layers(record);
  const json* evaluations = value_at(record, "evaluations");
  const bool evaluated = evaluations != nullptr && evaluations->is_array() && !evaluations->empty();
  if (!evaluated || layers_of(evaluations->back()) == nullptr) return "";
  const json& last = *tracked.lists.back();
  std::size_t width = text_columns("layer");
  for (const json& layer : last) width = std::max(width, text_columns(layer_name(layer)));
  width = std::min(width, widest_name);
  return last_values(last, width) + (tracked.lists.size() > 1 ? courses_text(tracked, width) : "");
}

}  // namespace normlab
