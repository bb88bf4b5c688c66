#include "normlab/train/position.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "normlab/core/checksum.h"
#include "normlab/train/checkpoint.h"
#include "normlab/train/evaluation_json.h"

namespace normlab {
namespace {

using nlohmann::json;

[[noreturn]] void bad_field(std::string_view field, std::string_view what) {
  throw CheckpointError(fmt::format("its {} is {}", field, what));
}

const json& read_field(const json& object, const char* key) {
  if (!object.is_object()) throw CheckpointError("its position is not a JSON object");
  const auto found = object.find(key);
  if (found == object.end()) throw CheckpointError(fmt::format("it has no {}", key));
  return *found;
}

Index read_count(const json& object, const char* key, Index most) {
  const json& value = read_field(object, key);
  if (!value.is_number_integer()) bad_field(key, "no integer");
  const bool fits =
      value.is_number_unsigned() && value.get<std::uint64_t>() <= static_cast<std::uint64_t>(most);
  if (!fits) bad_field(key, fmt::format("{}, and 0 to {} are possible", value.dump(), most));
  return value.get<Index>();
}

double read_number(const json& object, const char* key) {
  const json& value = read_field(object, key);
  if (!value.is_number() || !std::isfinite(value.get<double>())) bad_field(key, "no number");
  return value.get<double>();
}

double read_amount(const json& object, const char* key) {
  const double amount = read_number(object, key);
  if (amount < 0) bad_field(key, fmt::format("{}, and cannot be below 0", amount));
  return amount;
}

std::string read_text_field(const json& object, const char* key) {
  const json& value = read_field(object, key);
  if (!value.is_string()) bad_field(key, "no text");
  return value.get<std::string>();
}

TrainingClock read_clock(const json& position, Index step) {
  const json& warm_up = read_field(position, "warm_up");
  return {.steps = step,
          .seconds = read_amount(position, "train_seconds"),
          .cpu_seconds = read_amount(position, "train_cpu_seconds"),
          .warm_up_steps = read_count(warm_up, "steps", step),
          .warm_up_seconds = read_amount(warm_up, "seconds")};
}

StepTimes read_step_times(const json& position, Index step) {
  const json& bins = read_field(position, "step_times");
  std::vector<std::pair<Index, Index>> counts;
  Index left = step, next = 0;
  if (!bins.is_array()) bad_field("step_times", "no list");
  for (const json& bin : bins) {
    const bool is_pair =
        bin.is_array() && bin.size() == 2 && bin[0].is_number_unsigned() && bin[1].is_number_unsigned();
    if (!is_pair) bad_field("step_times", "no list of bins and counts");
    const auto place = bin[0].get<std::uint64_t>(), count = bin[1].get<std::uint64_t>();
    const bool ascends = place >= static_cast<std::uint64_t>(next) &&
                         place < static_cast<std::uint64_t>(StepTimes::bin_count());
    if (!ascends || count == 0 || count > static_cast<std::uint64_t>(left))
      bad_field("step_times", "not the times of its steps");
    counts.emplace_back(static_cast<Index>(place), static_cast<Index>(count));
    next = static_cast<Index>(place) + 1;
    left -= static_cast<Index>(count);
  }
  if (left != 0) bad_field("step_times", "not the times of its steps");
  StepTimes times;
  times.restore(counts);
  return times;
}

void require_evaluation(const json& entry, const std::vector<Metric>& metrics) {
  for (const char* key : {"epoch", "learning_rate", "gradient_norm", "cpu_seconds"}) read_amount(entry, key);
  read_count(entry, "samples", std::numeric_limits<Index>::max());
  for (const char* part : {"train", "validation"}) {
    // Rounding may take a loss a little below zero.
    for (const Metric& metric : metrics) read_number(read_field(entry, part), metric.name.c_str());
  }
  for (const char* clock : {"train", "evaluate", "elapsed"}) read_amount(read_field(entry, "seconds"), clock);
}

std::vector<Evaluation> read_evaluations(const json& position, Index step,
                                         const std::vector<Metric>& metrics) {
  const json& list = read_field(position, "evaluations");
  if (!list.is_array()) bad_field("evaluations", "no list");
  std::vector<Evaluation> evaluations;
  Index before = 0;
  for (const json& entry : list) {
    const Index here = read_count(entry, "step", step);
    if (here <= before) bad_field("evaluations", "not in the order of its steps");
    before = here;
    require_evaluation(entry, metrics);
    try {
      evaluations.push_back(evaluation_from_json(entry, metrics));
    } catch (const json::exception&) {
      bad_field("evaluations", "not a list of evaluations");
    }
  }
  return evaluations;
}

std::vector<LayerStatistics> read_initial_layers(const json& position) {
  try {
    return layers_from_json(position.value("initial_layers", json::array()));
  } catch (const json::exception&) {
    bad_field("initial_layers", "no list of layers");
  }
}

std::string read_data_checksum(const json& position) {
  if (!position.contains("data_checksum")) return "";
  std::string digits = read_text_field(position, "data_checksum");
  if (!is_checksum(digits)) bad_field("data_checksum", "no hexadecimal digits");
  return digits;
}

MetricSums read_running(const json& position, const Task& task) {
  const json& running = read_field(position, "running");
  MetricSums sums(task.sums.size());
  // What double precision counts to: sums of counts are kept in it.
  sums.count = read_count(running, "count", Index{1} << std::numeric_limits<double>::digits);
  for (std::size_t i = 0; i < task.sums.size(); ++i) {
    const char* name = task.sums[i].name.c_str();
    sums.values[i] = task.sums[i].counts_predictions
                         ? static_cast<double>(read_count(running, name, sums.count))
                         : read_number(running, name);
  }
  return sums;
}

json running_json(const MetricSums& sums, const Task& task) {
  json running = {{"count", sums.count}};
  for (std::size_t i = 0; i < task.sums.size(); ++i) {
    const double sum = sums.values[i];
    running[task.sums[i].name] = task.sums[i].counts_predictions ? json(static_cast<Index>(sum)) : json(sum);
  }
  return running;
}

}  // namespace

json to_json(const Position& position, const Task& task) {
  json result = {
      {"step", position.step},
      {"running", running_json(position.running, task)},
      {"step_times", position.step_times.bins()},
      {"started", position.started},
      {"train_seconds", position.clock.seconds},
      {"train_cpu_seconds", position.clock.cpu_seconds},
      {"warm_up", {{"steps", position.clock.warm_up_steps}, {"seconds", position.clock.warm_up_seconds}}},
      {"evaluate_seconds", position.evaluate_seconds},
      {"checkpoint_seconds", position.checkpoint_seconds},
      {"elapsed_seconds", position.elapsed_seconds},
      {"cpu_seconds", position.cpu_seconds},
      {"resumed", position.resumed},
      {"evaluations", json::array()}};
  for (const Evaluation& evaluation : position.evaluations)
    result["evaluations"].push_back(json(to_json(evaluation, task.metrics)));
  if (!position.initial_layers.empty()) result["initial_layers"] = json(to_json(position.initial_layers));
  if (!position.data_checksum.empty()) result["data_checksum"] = position.data_checksum;
  return result;
}

void require_same_data(const json& position, const std::string& data_checksum) {
  const std::string before = position.is_object() ? read_data_checksum(position) : "";
  if (!before.empty() && before != data_checksum) throw CheckpointError("the data has changed since");
}

Position position_from_json(const json& json, Index last_step, const Task& task) {
  Position position{.step = read_count(json, "step", last_step), .running = read_running(json, task)};
  position.step_times = read_step_times(json, position.step);
  position.started = read_text_field(json, "started");
  position.clock = read_clock(json, position.step);
  position.evaluate_seconds = read_amount(json, "evaluate_seconds");
  position.checkpoint_seconds = read_amount(json, "checkpoint_seconds");
  position.elapsed_seconds = read_amount(json, "elapsed_seconds");
  position.cpu_seconds = read_amount(json, "cpu_seconds");
  position.resumed = read_count(json, "resumed", std::numeric_limits<Index>::max() - 1);
  position.evaluations = read_evaluations(json, position.step, task.metrics);
  position.initial_layers = read_initial_layers(json);
  position.data_checksum = read_data_checksum(json);
  return position;
}

}  // namespace normlab
