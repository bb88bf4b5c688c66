// A sweep of six small runs, and its records without what depends on time.
#pragma once

#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/program.h"
#include "sanitized.h"

namespace normlab::testing {

using nlohmann::json;

// Six runs, each of a second or so: long enough to be interrupted in the middle.
inline const std::string small_sweep_spec =
    R"({"name": "small",
  "base": {"dataset": {"name": "synthetic", "train_limit": )" +
    std::string(sanitized ? "200" : "1000") +
    R"(, "validation_limit": 100, "test_limit": 100},
           "model": {"name": "mlp", "hidden": [64, 64]},
           "budget": {"epochs": 6}, "target": "validation.error<=0.05", "keep_training": true, "evaluate_every": 0.5},
  "grid": {"norm": ["none", "layer", "batch"], "batch_size": [2, 16]}})";

// A record without times and counts of restarts.
inline json without_times(json record) {
  for (const char* key : {"started", "environment", "training_clock", "time_warnings", "step_seconds",
                          "startup_seconds", "checkpoint_seconds", "resumed", "peak_resident_bytes"}) {
    record.erase(key);
  }
  for (json& evaluation : record["evaluations"]) {
    evaluation.erase("seconds");
    evaluation.erase("cpu_seconds");
  }
  for (const char* outcome : {"convergence", "censored"}) {
    if (!record.contains(outcome)) continue;
    for (const char* key : {"train_seconds_after", "train_seconds", "train_seconds_from_median_step"})
      record[outcome].erase(key);
  }
  return record;
}

inline std::map<std::string, json> records_of(const std::filesystem::path& sweep) {
  std::map<std::string, json> records;
  if (!std::filesystem::exists(sweep / "runs")) return records;
  for (const auto& entry : std::filesystem::directory_iterator(sweep / "runs")) {
    if (entry.path().extension() != ".json") continue;
    records[entry.path().filename()] = without_times(json::parse(read_file(entry.path())));
  }
  return records;
}

// Without printing both sides when they differ.
template <class Value>
bool equal(const Value& a, const Value& b) {
  return a == b;
}

inline std::size_t count_records(const std::filesystem::path& sweep) {
  return records_of(sweep).size();
}

inline std::size_t count_files(const std::filesystem::path& folder) {
  if (!std::filesystem::exists(folder)) return 0;
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

inline std::vector<std::string> sweep_arguments(const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{"sweep", "spec.json", "--checkpoint-seconds", "0.02"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

// The records of a sweep that nothing disturbed.
inline const std::map<std::string, json>& reference_records() {
  static const std::map<std::string, json> records = [] {
    TemporaryFolder folder;
    write_file(folder.path() / "spec.json", small_sweep_spec);
    const Outcome outcome = run_program(folder.path(), {"sweep", "spec.json", "--jobs", "1"});
    CAPTURE(outcome.error);
    REQUIRE(outcome.status == 0);
    return records_of(folder.path() / "results" / "small");
  }();
  return records;
}

inline std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  const std::string process = std::to_string(parent);
  std::ifstream list("/proc/" + process + "/task/" + process + "/children");
  for (pid_t child; list >> child;) children.push_back(child);
  return children;
}

}  // namespace normlab::testing
