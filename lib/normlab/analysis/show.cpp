#include "normlab/analysis/show.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <vector>

#include "normlab/analysis/layer_table.h"
#include "normlab/analysis/text_chart.h"
#include "normlab/analysis/texts.h"
#include "normlab/core/json.h"
#include "normlab/core/text.h"
#include "normlab/records/fields.h"
#include "normlab/records/metrics.h"
#include "normlab/records/record_check.h"
#include "normlab/records/time_doubts.h"

namespace normlab {
namespace {

using nlohmann::json;

constexpr std::size_t page_width = 100;
constexpr std::size_t label_width = 15;

// "  label        text", wrapped at blanks with the text's left edge kept.
std::string labelled(const std::string& label, const std::string& text) {
  if (text.empty()) return "";
  const std::string indent(label_width + 2, ' ');
  std::string result, line = fmt::format("  {:<{}}", label, label_width);
  std::size_t column = indent.size();
  bool at_start = true;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find_first_of(" \n", begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    if (!at_start && column + 1 + text_columns(word) > page_width) {
      result += line + "\n";
      line = indent;
      column = indent.size();
      at_start = true;
    }
    line += (at_start ? "" : " ") + word;
    column += (at_start ? 0 : 1) + text_columns(word);
    at_start = false;
    begin = end + 1;
  }
  return result + line + "\n";
}

std::string join(const std::vector<std::string>& parts) {
  return fmt::format("{}", fmt::join(parts, ", "));
}

// A setting's value in as many digits as people read.
std::string shown_setting(const json& value) {
  return value.is_number_float() ? fmt::format("{:.6g}", value.get<double>())
                                 : shortened(setting_text(value));
}

std::string shown_key(const std::string& key) {
  return shortened(with_blanks(key));
}

std::string shown_text_at(const json& object, std::string_view path) {
  return shortened(text_at(object, path));
}

// "adam: beta1 0.9, beta2 0.999" of {"name": "adam", "beta1": 0.9, "beta2": 0.999}
std::string describe_part(const json& part) {
  std::vector<std::string> settings;
  for (const auto& [key, value] : part.items()) {
    if (key != "name") settings.push_back(shown_key(key) + " " + shown_setting(value));
  }
  const std::string name = shown_text_at(part, "name");
  return name + (name.empty() || settings.empty() ? "" : ": ") + join(settings);
}

std::string describe_config(const json& config) {
  std::vector<std::string> order = {"dataset", "model", "norm", "init", "optimizer", "schedule"};
  std::vector<std::string> others;
  for (const auto& [key, value] : config.items()) {
    if (!value.is_object() && !value.is_null()) others.push_back(shown_key(key) + " " + shown_setting(value));
    if (value.is_object() && std::find(order.begin(), order.end(), key) == order.end()) order.push_back(key);
  }
  std::string text;
  for (const std::string& key : order) {
    if (const json* part = value_at(config, key); part != nullptr && part->is_object()) {
      text += labelled(shown_key(key), describe_part(*part));
    }
  }
  return text + labelled("also", join(others));
}

std::string describe_status(const json& record) {
  const std::string status = text_at(record, "status");
  if (status == "undefined")
    return "undefined: " + shortened_sentence(text_at(record, "reason", "no reason recorded"));
  if (status == "failed")
    return "failed: " + shortened_sentence(text_at(record, "cause", "no cause recorded"));
  const auto step = number_at(record, "diverged_step");
  if (status == "diverged" && step) return fmt::format("diverged at step {:.0f}", *step);
  return with_blanks(status);
}

std::string seconds_text(double seconds) {
  if (seconds < 1e-3) return fmt::format("{:.3g} µs", seconds * 1e6);
  if (seconds < 1) return fmt::format("{:.3g} ms", seconds * 1e3);
  return seconds < 100 ? fmt::format("{:.3g} s", seconds) : fmt::format("{:.0f} s", seconds);
}

// Adds "LABEL VALUE UNIT" when the record has the number.
void add_seconds(std::vector<std::string>& parts, const json& object, std::string_view path,
                 std::string_view label) {
  if (const auto value = number_at(object, path))
    parts.push_back(fmt::format("{} {}", label, seconds_text(*value)));
}

std::string describe_convergence(const json& record) {
  const std::string target =
      shortened(text_at(record, "config.target", text_at(record, "convergence.target")));
  if (target.empty()) return "none was set";
  const auto epochs = number_at(record, "convergence.epochs");
  if (!epochs) {
    const auto censored = number_at(record, "censored.epochs");
    return target + ": not reached" + (censored ? fmt::format(" in {:.4g} epochs", *censored) : "");
  }
  std::vector<std::string> parts = {fmt::format("{}: reached after {:.4g} epochs", target, *epochs)};
  if (const auto after = number_at(record, "convergence.epochs_after"); after && *after > 0)
    parts.front() += fmt::format(" (later than {:.4g})", *after);
  if (const auto steps = number_at(record, "convergence.steps"))
    parts.push_back(fmt::format("{:.0f} steps", *steps));
  if (const auto seconds = number_at(record, "convergence.train_seconds")) {
    parts.push_back(seconds_text(*seconds) + " of training");
  }
  if (const auto seconds = number_at(record, "convergence.train_seconds_from_median_step")) {
    parts.push_back(seconds_text(*seconds) + " as steps × median step");
  }
  return join(parts);
}

std::string describe_steps(const json& record) {
  std::vector<std::string> parts;
  add_seconds(parts, record, "step_seconds.median", "median");
  add_seconds(parts, record, "step_seconds.p10", "p10");
  add_seconds(parts, record, "step_seconds.p90", "p90");
  if (const auto count = number_at(record, "step_seconds.count"))
    parts.push_back(fmt::format("over {:.0f} steps", *count));
  return join(parts);
}

// The loss comes last.
std::string describe_metrics(const json& values, std::vector<Metric> metrics) {
  if (!metrics.empty()) std::rotate(metrics.begin(), metrics.begin() + 1, metrics.end());
  std::vector<std::string> parts;
  for (const Metric& metric : metrics) {
    if (const auto value = number_at(values, metric.name))
      parts.push_back(fmt::format("{} {:.4f}", with_blanks(metric.name), *value));
  }
  return join(parts);
}

const json* last_evaluation(const json& record) {
  const json* evaluations = value_at(record, "evaluations");
  const bool any = evaluations != nullptr && evaluations->is_array() && !evaluations->empty();
  return any ? &evaluations->back() : nullptr;
}

std::string describe_time(const json& record) {
  std::vector<std::string> parts;
  if (const json* last = last_evaluation(record)) {
    add_seconds(parts, *last, "seconds.train", "training");
    add_seconds(parts, *last, "seconds.evaluate", "evaluation");
  }
  add_seconds(parts, record, "startup_seconds", "start-up");
  add_seconds(parts, record, "checkpoint_seconds", "checkpoints");
  if (const json* last = last_evaluation(record)) {
    add_seconds(parts, *last, "seconds.elapsed", "elapsed");
    add_seconds(parts, *last, "cpu_seconds", "processor time");
  }
  if (const auto resumed = number_at(record, "resumed"); resumed && *resumed > 0) {
    parts.push_back(
        fmt::format("continued from a checkpoint {:.0f} time{}", *resumed, *resumed == 1 ? "" : "s"));
  }
  return join(parts);
}

std::string describe_doubts(const json& record) {
  std::vector<std::string> warnings = time_warnings_of(record);
  for (std::string& warning : warnings) warning = shortened_sentence(warning);
  return fmt::format("{}", fmt::join(warnings, "; "));
}

std::string describe_size(const json& record) {
  std::vector<std::string> parts;
  const auto add = [&](std::string_view path, std::string_view what, double unit) {
    if (const auto value = number_at(record, path))
      parts.push_back(fmt::format("{:.0f} {}", *value / unit, what));
  };
  add("model.parameters", "parameters", 1);
  add("model.multiply_adds_per_sample", "multiply-adds a sample", 1);
  add("peak_resident_bytes", "MB peak memory", 1e6);
  return join(parts);
}

std::string describe_environment(const json& record) {
  std::vector<std::string> parts;
  const json* environment = value_at(record, "environment");
  if (environment == nullptr || !environment->is_object()) return "";
  for (const auto& [key, value] : environment->items())
    parts.push_back(shown_key(key) + " " + shown_setting(value));
  return join(parts);
}

std::string curve(const json& record, const std::string& metric, const std::string& title) {
  TextChart chart;
  chart.title = title;
  chart.x_label = "epoch";
  for (const json& evaluation : *value_at(record, "evaluations")) {
    const auto x = number_at(evaluation, "epoch"), y = number_at(evaluation, metric);
    if (x && y) chart.points.push_back({*x, *y});
  }
  const std::string target = text_at(record, "config.target");
  for (const Better better : {Better::lower, Better::higher}) {
    const std::string prefix = fmt::format("{}{}", metric, comparison(better));
    if (!target.starts_with(prefix)) continue;
    const std::string threshold = target.substr(prefix.size());
    chart.threshold = std::strtod(threshold.c_str(), nullptr);
    chart.threshold_label = "target " + shortened(threshold);
  }
  return render_chart(chart);
}

std::string describe_curves(const json& record) {
  const json* last = last_evaluation(record);
  std::vector<Metric> metrics;
  if (last != nullptr) metrics = metrics_of(record, keys_of(value_at(*last, "validation")));
  if (metrics.empty()) return "\nNo evaluation was recorded.\n";
  const Metric &loss = metrics.front(), &reported = metrics.back();
  const std::string unit = loss.unit.empty() ? "" : shortened(loss.unit) + ", ";
  return "\n" + curve(record, "validation." + reported.name, "validation " + with_blanks(reported.name)) +
         "\n" +
         curve(record, "train." + loss.name,
               fmt::format("training {} ({}mean since the evaluation before)", with_blanks(loss.name), unit));
}

}  // namespace

std::string render_record(const json& record) {
  std::string text = fmt::format("run {}\n", shown_text_at(record, "id"));
  text += labelled("status", describe_status(record));
  text += labelled("target", describe_convergence(record));
  if (const json* test = value_at(record, "test")) {
    text += labelled("test", describe_metrics(*test, metrics_of(record, keys_of(test))));
  }
  text += labelled("step time", describe_steps(record));
  text += labelled("time", describe_time(record));
  text += labelled("doubtful times", describe_doubts(record));
  text += labelled("started", shown_text_at(record, "started"));
  text += labelled("size", describe_size(record));
  text += "\n" + describe_config(record["config"]);
  text += labelled("environment", describe_environment(record));
  return printable_lines(text + describe_curves(record) + render_layers(record));
}

std::string show_record(const std::filesystem::path& file) {
  return render_record(load_record(file));
}

}  // namespace normlab
