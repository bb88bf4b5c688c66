// Whether a JSON object is the record of a run (docs/results-format.md), or only looks like one.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "normlab/records/evaluations.h"
#include "normlab/tasks/metric.h"

namespace normlab {

// What is wrong with `record`, as the end of a sentence ("its id is …"), or "" when it is whole: the schema,
// an id that is its config's, a known status, and what that status rests on. A run that ended has
// evaluations, steps and a test result, one that reached its target has the convergence, and so on. Fields
// that are not known are passed over.
std::string record_defect(const nlohmann::json& record);
// The same where the list of evaluations was digested apart: of the record's own, only that it is a list
// counts.
std::string record_defect(const nlohmann::json& record, const EvaluationDigest& evaluations);

// Reads FILE whole; RequestError naming it when it cannot be read, is not JSON or is not a record.
nlohmann::json load_record(const std::filesystem::path& file);

// Whether `evaluation` is one entry of a record's evaluations.
bool is_evaluation(const nlohmann::json& evaluation, const std::vector<Metric>& metrics);

}  // namespace normlab
