// The duration of a training step in each cell of an experiment, measured apart from its runs: JSON with the
// schema times_schema (docs/results-format.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "normlab/core/json.h"
#include "normlab/core/tensor.h"
#include "normlab/statistics/median_interval.h"

namespace normlab {

// One cell: runs that differ in nothing that the time of a step depends on.
struct CellTimes {
  std::string cell;                   // cell_of_config()
  nlohmann::json settings;            // timed_settings()
  std::vector<double> round_seconds;  // of a step, above 0; one for each round, none where `reason` says why
  Index steps = 0;                    // that were timed, in all rounds together
  std::string reason = {};
};

struct StepTimesRecord {
  std::string name;     // of the experiment
  std::string started;  // UTC, ISO 8601
  double elapsed_seconds = 0;
  nlohmann::json environment;
  Index rounds = 0;
  Index rounds_repeated = 0;               // since others had the core; they are not among `rounds`
  std::uint64_t order_seed = 0;            // of the order in which the cells of a round take their turns
  std::vector<double> core_taken = {};     // fraction of the core that others had, by round
  double cores_busy = 0;                   // of the machine, that other processes kept busy, on average
  std::vector<std::string> problems = {};  // what else speaks against the figures, one sentence each
  std::vector<CellTimes> cells;
};

// The duration of a step in this cell: median over the rounds, at 95 %. The cell has rounds.
MedianInterval step_seconds(const CellTimes& cell);

// How many times as long a step of `first` takes as one of `second`: the median of the ratios of each round,
// in which a disturbance of that round, or a clock that has changed, cancels. Both have rounds.
MedianInterval step_ratio(const CellTimes& first, const CellTimes& second, double level = 0.05);
std::vector<double> round_ratios(const CellTimes& first, const CellTimes& second);

// Two cells by their places in the record.
struct CellPair {
  std::size_t first, second;
};

// All pairs of cells that have times and differ in their norm alone, the one that comes later first.
std::vector<CellPair> norm_pairs(const StepTimesRecord& times);

// Why the figures may not be what they seem, one sentence each: the core was shared, the machine was busy,
// figures are uncertain by more than 5 %, a cell has none. Empty on a quiet machine.
std::vector<std::string> noise_warnings(const StepTimesRecord& times);

Json to_json(const StepTimesRecord& times);

// What to_json() made of a record. Throws RecordDefect, as the end of a sentence, for anything else.
StepTimesRecord step_times_record(const nlohmann::json& object);

// What a measurement in rounds says of itself, whatever was measured: all fields of to_json() but `schema`,
// `name`, `cells` and `ratios`.
Json rounds_json(const StepTimesRecord& times);
// The same from JSON; throws RecordDefect for anything else.
StepTimesRecord read_rounds(const nlohmann::json& object);
// Its `round_seconds`: as many numbers as there are rounds, each the duration of a step. `name` is the
// object's in a RecordDefect.
std::vector<double> read_round_seconds(const nlohmann::json& object, Index rounds, const std::string& name);
Json interval_json(const MedianInterval& interval);  // `median`, `low`, `high`

// Whether the times are those of a machine: its processor, and the instructions that are used of it.
bool is_of_machine(const StepTimesRecord& times, std::string_view cpu, std::string_view simd);

// Reads FILE. RequestError naming `field` when it cannot be read, is not JSON or is no such record.
StepTimesRecord load_step_times(const std::filesystem::path& file, std::string_view field);

// The cell of that name; null pointer when there is none that has times.
const CellTimes* find_cell(const StepTimesRecord& times, std::string_view cell);

}  // namespace normlab
