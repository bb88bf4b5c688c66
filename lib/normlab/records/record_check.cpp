#include "normlab/records/record_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "normlab/core/checksum.h"
#include "normlab/core/error.h"
#include "normlab/core/json.h"
#include "normlab/core/text.h"
#include "normlab/records/metrics.h"
#include "normlab/records/run_id.h"
#include "normlab/records/value_checks.h"
#include "normlab/records/vocabulary.h"

namespace normlab {
namespace {

using nlohmann::json;

// What all records have of versions that described no metrics.
const std::vector<std::string>& older_metrics() {
  static const std::vector<std::string> names{"loss", "error"};
  return names;
}

std::vector<std::string> names_of(const std::vector<Metric>& metrics) {
  if (metrics.empty()) return older_metrics();
  std::vector<std::string> names;
  names.reserve(metrics.size());
  for (const Metric& metric : metrics) names.push_back(metric.name);
  return names;
}

void require_evaluations(const json& record, const EvaluationDigest& evaluations) {
  if (!require_value(value_at(record, "evaluations"), "evaluations").is_array())
    throw RecordDefect("its evaluations are not a list");
  if (!evaluations.defect.empty()) throw RecordDefect(evaluations.defect);
  require_metrics(evaluations, names_of(described_metrics(record)), /*null_too=*/true);
}

void require_convergence(const json& record) {
  require_text(record, "config.target");
  require_text(record, "convergence.target");
  require_count(record, "convergence.steps", 1);
  for (const char* field : {"epochs", "train_seconds", "train_seconds_from_median_step"})
    require_amount(record, fmt::format("convergence.{}", field));
}

// What the older schema has not.
void require_times(const json& record) {
  if (record.contains("started")) require_text(record, "started");
  if (!record.contains("time_warnings")) return;
  const json& warnings = record["time_warnings"];
  const bool are_texts =
      warnings.is_array() &&
      std::all_of(warnings.begin(), warnings.end(), [](const json& warning) { return warning.is_string(); });
  if (!are_texts) throw RecordDefect("its time_warnings are not a list of texts");
}

// Of every run that was trained for at least a moment.
void require_training(const json& record, const EvaluationDigest& evaluations) {
  for (const char* field : {"model.parameters", "model.multiply_adds_per_sample", "step_seconds.count",
                            "resumed", "peak_resident_bytes"})
    require_count(record, field);
  for (const char* field : {"step_seconds.p10", "step_seconds.median", "step_seconds.p90"})
    require_number_or_null(record, field);
  for (const char* field : {"startup_seconds", "checkpoint_seconds"}) require_amount(record, field);
  require_evaluations(record, evaluations);
  require_times(record);
  if (record.contains("convergence")) require_convergence(record);
}

// Of a run that used up its budget or reached its target.
void require_result(const json& record, const EvaluationDigest& evaluations) {
  if (evaluations.count == 0) throw RecordDefect("it has no evaluations");
  require_count(record, "step_seconds.count", 1);
  for (const char* field : {"step_seconds.p10", "step_seconds.median", "step_seconds.p90"})
    require_amount(record, field);
  const std::vector<std::string> metrics = names_of(described_metrics(record));
  require_metrics(evaluations, metrics, /*null_too=*/false);
  for (const std::string& name : metrics) require_number(record, fmt::format("test.{}", name));
}

void require_status_of_target(const json& record, std::string_view status) {
  const bool has_target = require_value(value_at(record, "config.target"), "config.target").is_string();
  const bool converged = record.contains("convergence");
  if (has_target == (status == status::finished))
    throw RecordDefect(
        fmt::format("its status is {}, and its config has {} target", status, has_target ? "a" : "no"));
  if (converged != (status == status::reached_target))
    throw RecordDefect(
        fmt::format("its status is {}, and it has {} convergence", status, converged ? "a" : "no"));
}

void require_evidence(const json& record, std::string_view status, const EvaluationDigest& evaluations) {
  if (status == status::undefined) {
    require_text(record, "reason");
  } else if (status == status::failed) {
    require_text(record, "cause");
    if (record.contains("evaluations")) require_evaluations(record, evaluations);
  } else {
    require_training(record, evaluations);
    if (status == status::diverged) require_count(record, "diverged_step", 1);
    if (status == status::diverged || status == status::interrupted) return;
    require_result(record, evaluations);
    require_status_of_target(record, status);
  }
}

void require_identity(const json& record) {
  const std::string id = require_text(record, "id");
  require_object(record, "config");
  for (const char* field : {"config.model.name", "config.norm.name"}) require_text(record, field);
  require_count(record, "config.batch_size", 1);
  require_seed(value_at(record, "config.seed"), "config.seed");
  const std::string wanted = id_of_config(record["config"]);
  if (id != wanted)
    throw RecordDefect(fmt::format("its id is {}, and its config's is {}", quotation(id), quotation(wanted)));
}

// Older versions wrote none.
void require_data_checksum(const json& record) {
  if (!record.contains("data_checksum")) return;
  if (!is_checksum(require_text(record, "data_checksum")))
    throw RecordDefect("its data_checksum is not hexadecimal digits");
}

void require_record(const json& record, const EvaluationDigest& evaluations) {
  if (!record.is_object()) throw RecordDefect("it is not a JSON object");
  const std::string found = require_text(record, "schema");
  if (found != run_schema && found != older_run_schema)
    throw RecordDefect(fmt::format("its schema is {}, not {}", quotation(found), quotation(run_schema)));
  const std::string status = require_text(record, "status");
  if (!is_status(status)) throw RecordDefect(fmt::format("its status {} is unknown", quotation(status)));
  require_identity(record);
  require_object(record, "environment");
  require_data_checksum(record);
  described_metrics(record);
  require_evidence(record, status, evaluations);
}

}  // namespace

bool is_evaluation(const json& evaluation, const std::vector<Metric>& metrics) {
  const EvaluationDigest digest = digest_evaluations(json::array({evaluation}));
  try {
    require_metrics(digest, names_of(metrics), /*null_too=*/true);
  } catch (const RecordDefect&) {
    return false;
  }
  return digest.defect.empty();
}

std::string record_defect(const json& record, const EvaluationDigest& evaluations) {
  try {
    require_record(record, evaluations);
    return "";
  } catch (const RecordDefect& defect) {
    return defect.what();
  }
}

std::string record_defect(const json& record) {
  const json* evaluations = value_at(record, "evaluations");
  const bool is_list = evaluations != nullptr && evaluations->is_array();
  return record_defect(record, is_list ? digest_evaluations(*evaluations) : EvaluationDigest());
}

json load_record(const std::filesystem::path& file) {
  json record = read_sorted_json(file, "FILE");
  if (const std::string defect = record_defect(record); !defect.empty())
    refuse("FILE", quotation(file.string()), fmt::format("a run record is wanted, and {}", defect));
  return record;
}

}  // namespace normlab
