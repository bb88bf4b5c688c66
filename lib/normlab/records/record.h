// Making the record of a run: JSON with the schema run_schema (docs/results-format.md). It never holds a
// number that is not finite: such a number is null.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "normlab/core/json.h"
#include "normlab/train/run_result.h"

namespace normlab {

// What every record says, however its run ended.
struct RecordHead {
  Json config;                     // every setting, resolved; the id is made of it (run_id.h)
  Json environment;                // the machine and the versions
  std::vector<Metric> metrics;     // of the task
  Json defaults = Json::object();  // settings that the config leaves out since they are at their default
};

// A run that was trained, to its end or until it was interrupted.
Json make_record(const RecordHead& head, const RunResult& result);

// Reasons to doubt the run's times (train/clock_check.h), as its record has them.
std::vector<std::string> time_warnings(const RunResult& result);

// A run whose combination of model, norm and batch size has no meaning.
Json make_undefined_record(const RecordHead& head, std::string_view reason);

// What is known of a run that ended without telling.
struct FailedRun {
  std::string started;               // UTC, ISO 8601; "" when it did not start
  Json evaluations = Json::array();  // those that it came to
};

// A run that crashed, was killed or could not do its work.
Json make_failed_record(const RecordHead& head, std::string_view cause, const FailedRun& run = {});

std::string_view status_name(RunStatus status);

// Whether a run whose record has this data_checksum was given other data than those that are there now
// (DataSize::checksum). Of runs on data without files, and in records of older versions, it is "", and there
// is nothing to compare.
bool is_of_other_data(std::string_view recorded, std::string_view now);

// The text of a record's file.
std::string record_text(const Json& record);

}  // namespace normlab
