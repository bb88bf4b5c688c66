// What the tables of runs.csv, evaluations.csv and layers.csv say of a run.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "normlab/analysis/sweep_records.h"

namespace normlab {

using CsvFields = std::vector<std::string>;

// A value of a record as a field: text as it is but for control characters, lists as JSON, numbers so that
// they read back as the same; empty for what there is none of.
std::string csv_value(const nlohmann::json* value);
std::string csv_value(const std::optional<double>& value);  // "inf" for infinity

// The columns of runs.csv for these runs, and a run's line. `record` is its record, the evaluations aside.
class RunColumns {
 public:
  explicit RunColumns(const SweepRecords& sweep);

  CsvFields header() const;
  CsvFields fields(const RunRecord& run, const nlohmann::json& record) const;

 private:
  std::string target_;                 // that the events are of; "": each run's own
  std::vector<std::string> settings_;  // paths of all that some run has
  std::vector<std::string> metrics_;   // that some run has
};

// The columns in front of what evaluations.csv and layers.csv measured: which run it was, and the settings
// that not all runs have in common.
class RunKeyColumns {
 public:
  explicit RunKeyColumns(const std::vector<RunRecord>& runs);

  CsvFields header() const;
  CsvFields fields(const RunRecord& run) const;

 private:
  std::vector<std::string> settings_;
};

// The metrics of all runs, each once, in the order in which they are met.
std::vector<std::string> metrics_of_runs(const std::vector<RunRecord>& runs);

}  // namespace normlab
