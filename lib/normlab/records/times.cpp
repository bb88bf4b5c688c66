#include "normlab/records/times.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "normlab/core/error.h"
#include "normlab/core/text.h"
#include "normlab/records/fields.h"
#include "normlab/records/run_id.h"
#include "normlab/records/value_checks.h"
#include "normlab/records/vocabulary.h"

namespace normlab {
namespace {

using nlohmann::json;

constexpr double shared_core = 0.03;  // fraction of its core that a measurement may miss before we warn
constexpr double busy_machine = 0.2;  // of a core: caches and memory are shared with it
constexpr double unsure_time = 0.05;  // half an interval's width over the median

// What two cells of different norms have in common.
json without_norm(json settings) {
  settings.erase("norm");
  return settings;
}

double mean_of(const std::vector<double>& values) {
  if (values.empty()) return 0;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double uncertainty(const MedianInterval& interval) {
  return (interval.upper - interval.lower) / 2 / interval.median;
}

void warn_of_unsure_times(std::vector<std::string>& warnings, const StepTimesRecord& times) {
  Index unsure = 0, measured = 0;
  double worst = 0;
  for (const CellTimes& cell : times.cells) {
    if (cell.round_seconds.empty()) {
      warnings.push_back(fmt::format("{} has no time: {}", cell.cell, cell.reason));
      continue;
    }
    const double unsureness = uncertainty(step_seconds(cell));
    ++measured;
    unsure += unsureness > unsure_time ? 1 : 0;
    worst = std::max(worst, unsureness);
  }
  if (unsure == 0) return;
  warnings.push_back(
      fmt::format("{} of {} step times are uncertain by more than {:.0f} %, the worst by {:.1f} %; more "
                  "--rounds narrow them",
                  unsure, measured, 100 * unsure_time, 100 * worst));
}

Json cell_json(const CellTimes& cell) {
  Json written{{"cell", cell.cell}, {"settings", cell.settings}};
  if (cell.round_seconds.empty()) {
    written["reason"] = cell.reason;
    return written;
  }
  written["steps"] = cell.steps;
  written["step_seconds"] = interval_json(step_seconds(cell));
  written["round_seconds"] = cell.round_seconds;
  return written;
}

std::vector<double> read_numbers(const json& record, std::string_view path, bool above_zero) {
  const json& list = require_value(value_at(record, path), path);
  if (!list.is_array()) throw RecordDefect(fmt::format("its {} is not a list", path));
  std::vector<double> numbers;
  numbers.reserve(list.size());
  for (const json& number : list) {
    require_amount(&number, path);
    numbers.push_back(number.get<double>());
    if (above_zero && !(numbers.back() > 1e-12 && numbers.back() < 1e12))
      throw RecordDefect(fmt::format("its {} has a number that is no duration of a step", path));
  }
  return numbers;
}

CellTimes read_cell(const json& object, Index rounds) {
  CellTimes cell{.cell = require_text(object, "cell"), .settings = {}, .round_seconds = {}};
  require_object(object, "settings");
  cell.settings = object["settings"];
  if (cell_of_config(cell.settings) != cell.cell)
    throw RecordDefect(fmt::format("its cell {} is not what its settings give", quotation(cell.cell)));
  if (object.contains("reason")) {
    cell.reason = require_text(object, "reason");
    return cell;
  }
  require_count(object, "steps", 1);
  cell.steps = object["steps"].get<Index>();
  cell.round_seconds = read_round_seconds(object, rounds, "cell " + quotation(cell.cell));
  return cell;
}

}  // namespace

MedianInterval step_seconds(const CellTimes& cell) {
  return median_interval(cell.round_seconds);
}

std::vector<double> round_ratios(const CellTimes& first, const CellTimes& second) {
  std::vector<double> ratios(std::min(first.round_seconds.size(), second.round_seconds.size()));
  for (std::size_t i = 0; i < ratios.size(); ++i)
    ratios[i] = first.round_seconds[i] / second.round_seconds[i];
  return ratios;
}

MedianInterval step_ratio(const CellTimes& first, const CellTimes& second, double level) {
  return median_interval(round_ratios(first, second), level);
}

std::vector<CellPair> norm_pairs(const StepTimesRecord& times) {
  std::map<json, std::vector<std::size_t>> groups;
  std::vector<CellPair> pairs;
  for (std::size_t i = 0; i < times.cells.size(); ++i) {
    if (times.cells[i].round_seconds.empty()) continue;
    std::vector<std::size_t>& group = groups[without_norm(times.cells[i].settings)];
    for (const std::size_t earlier : group) pairs.push_back({i, earlier});
    group.push_back(i);
  }
  return pairs;
}

std::vector<std::string> noise_warnings(const StepTimesRecord& times) {
  std::vector<std::string> warnings = times.problems;
  if (const double taken = mean_of(times.core_taken); taken > shared_core) {
    warnings.push_back(
        fmt::format("other processes took {:.0f} % of the core that was measured; measure again when the "
                    "machine is quiet",
                    100 * taken));
  }
  if (times.cores_busy > busy_machine) {
    warnings.push_back(fmt::format(
        "other processes kept {:.1f} of the machine's cores busy, and share its caches and memory with what "
        "was measured; measure again when the machine is quiet",
        times.cores_busy));
  }
  warn_of_unsure_times(warnings, times);
  return warnings;
}

Json interval_json(const MedianInterval& interval) {
  return {{"median", interval.median}, {"low", interval.lower}, {"high", interval.upper}};
}

Json rounds_json(const StepTimesRecord& times) {
  return {{"started", times.started},
          {"elapsed_seconds", times.elapsed_seconds},
          {"environment", times.environment},
          {"rounds", times.rounds},
          {"rounds_repeated", times.rounds_repeated},
          {"order_seed", times.order_seed},
          {"core_taken_by_others", mean_of(times.core_taken)},
          {"core_taken_by_others_by_round", times.core_taken},
          {"cores_busy_with_others", times.cores_busy},
          {"problems", times.problems},
          {"warnings", noise_warnings(times)}};
}

Json to_json(const StepTimesRecord& times) {
  Json written{{"schema", times_schema}, {"name", times.name}};
  written.update(rounds_json(times));
  written["cells"] = Json::array();
  for (const CellTimes& cell : times.cells) written["cells"].push_back(cell_json(cell));
  written["ratios"] = Json::array();
  for (const auto& [first, second] : norm_pairs(times)) {
    const CellTimes &a = times.cells[first], &b = times.cells[second];
    written["ratios"].push_back({{"first", a.cell}, {"second", b.cell}});
    written["ratios"].back().update(interval_json(step_ratio(a, b)));
  }
  return written;
}

StepTimesRecord read_rounds(const json& object) {
  require_object(object, "environment");
  require_count(object, "rounds", 1);
  require_amount(object, "elapsed_seconds");
  require_amount(object, "cores_busy_with_others");
  require_seed(value_at(object, "order_seed"), "order_seed");
  StepTimesRecord times{.name = {},
                        .started = require_text(object, "started"),
                        .elapsed_seconds = object["elapsed_seconds"].get<double>(),
                        .environment = object["environment"],
                        .rounds = object["rounds"].get<Index>(),
                        .order_seed = object["order_seed"].get<std::uint64_t>(),
                        .core_taken = read_numbers(object, "core_taken_by_others_by_round", false),
                        .cores_busy = object["cores_busy_with_others"].get<double>(),
                        .cells = {}};
  if (times.rounds > 1000) throw RecordDefect("its rounds are more than 1000");
  if (object.contains("rounds_repeated")) {  // earlier builds kept every round
    require_count(object, "rounds_repeated", 0);
    times.rounds_repeated = object["rounds_repeated"].get<Index>();
  }
  const json& problems = require_value(value_at(object, "problems"), "problems");
  if (!problems.is_array()) throw RecordDefect("its problems are not a list");
  for (const json& problem : problems) times.problems.push_back(require_text(&problem, "problems"));
  return times;
}

std::vector<double> read_round_seconds(const json& object, Index rounds, const std::string& name) {
  std::vector<double> seconds = read_numbers(object, "round_seconds", true);
  if (static_cast<Index>(seconds.size()) != rounds)
    throw RecordDefect(fmt::format("its {} has not {} rounds", name, rounds));
  return seconds;
}

StepTimesRecord step_times_record(const json& object) {
  if (!object.is_object()) throw RecordDefect("it is not a JSON object");
  if (require_text(object, "schema") != times_schema)
    throw RecordDefect(fmt::format("its schema is not {}", times_schema));
  StepTimesRecord times = read_rounds(object);
  times.name = require_text(object, "name");
  const json& cells = require_value(value_at(object, "cells"), "cells");
  if (!cells.is_array()) throw RecordDefect("its cells are not a list");
  times.cells.reserve(cells.size());
  for (const json& cell : cells) times.cells.push_back(read_cell(cell, times.rounds));
  return times;
}

bool is_of_machine(const StepTimesRecord& times, std::string_view cpu, std::string_view simd) {
  return text_at(times.environment, "cpu") == cpu && text_at(times.environment, "simd") == simd;
}

StepTimesRecord load_step_times(const std::filesystem::path& file, std::string_view field) {
  try {
    return step_times_record(read_sorted_json(file, field));
  } catch (const RecordDefect& defect) {
    refuse(field, quotation(file.string()), fmt::format("step times are wanted, and {}", defect.what()));
  }
}

const CellTimes* find_cell(const StepTimesRecord& times, std::string_view cell) {
  const auto found = std::ranges::find_if(
      times.cells, [&](const CellTimes& one) { return one.cell == cell && !one.round_seconds.empty(); });
  return found == times.cells.end() ? nullptr : &*found;
}

}  // namespace normlab
