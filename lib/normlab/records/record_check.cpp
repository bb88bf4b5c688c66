#include "normlab/records/record_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>

#include "normlab/core/checksum.h"
#include "normlab/core/json.h"
#include "normlab/core/text.h"
#include "normlab/records/run_id.h"
#include "normlab/records/vocabulary.h"

namespace normlab {
namespace {

using nlohmann::json;

class Defect : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

const json& require(const json& object, std::string_view path) {
  const json* value = value_at(object, path);
  if (value == nullptr) throw Defect(fmt::format("it has no {}", path));
  return *value;
}

std::string require_text(const json& object, std::string_view path) {
  const json& value = require(object, path);
  if (!value.is_string() || value.get_ref<const std::string&>().empty())
    throw Defect(fmt::format("its {} is not a text", path));
  return value.get<std::string>();
}

void require_object(const json& object, std::string_view path) {
  if (!require(object, path).is_object()) throw Defect(fmt::format("its {} is not an object", path));
}

void require_count(const json& object, std::string_view path, std::int64_t least = 0) {
  const json& value = require(object, path);
  constexpr double limit = 9007199254740992;  // 2^53, below which reports compute with it exactly
  const bool fits = value.is_number_integer() && value.get<double>() >= static_cast<double>(least) &&
                    value.get<double>() < limit;
  if (!fits) throw Defect(fmt::format("its {} is not an integer of at least {}, below 2^53", path, least));
}

// A reader of JSON has refused numbers beyond double precision; what was not finite was written as null.
void require_number(const json& object, std::string_view path) {
  if (!require(object, path).is_number()) throw Defect(fmt::format("its {} is not a number", path));
}

// All of 64 bits count.
void require_seed(const json& record) {
  const json& seed = require(record, "config.seed");
  const bool fits = seed.is_number_unsigned() || (seed.is_number_integer() && seed.get<std::int64_t>() >= 0);
  if (!fits) throw Defect("its config.seed is not an integer of at least 0");
}

void require_amount(const json& object, std::string_view path) {
  require_number(object, path);
  if (require(object, path).get<double>() < 0) throw Defect(fmt::format("its {} is below 0", path));
}

void require_number_or_null(const json& object, std::string_view path) {
  if (!require(object, path).is_null()) require_number(object, path);
}

void require_evaluation(const json& evaluation) {
  require_count(evaluation, "step", 1);
  require_count(evaluation, "samples");
  for (const char* field : {"epoch", "seconds.train", "seconds.evaluate", "seconds.elapsed", "cpu_seconds"})
    require_amount(evaluation, field);
  for (const char* field :
       {"learning_rate", "gradient_norm", "train.loss", "train.error", "validation.loss", "validation.error"})
    require_number_or_null(evaluation, field);
}

void require_evaluations(const json& record) {
  const json& evaluations = require(record, "evaluations");
  if (!evaluations.is_array()) throw Defect("its evaluations are not a list");
  std::uint64_t before = 0;
  for (const json& evaluation : evaluations) {
    require_evaluation(evaluation);
    const auto step = evaluation["step"].get<std::uint64_t>();
    if (step <= before) throw Defect("its evaluations are not in the order of their steps");
    before = step;
  }
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
  if (!are_texts) throw Defect("its time_warnings are not a list of texts");
}

// Of every run that was trained for at least a moment.
void require_training(const json& record) {
  for (const char* field : {"model.parameters", "model.multiply_adds_per_sample", "step_seconds.count",
                            "resumed", "peak_resident_bytes"})
    require_count(record, field);
  for (const char* field : {"step_seconds.p10", "step_seconds.median", "step_seconds.p90"})
    require_number_or_null(record, field);
  for (const char* field : {"startup_seconds", "checkpoint_seconds"}) require_amount(record, field);
  require_evaluations(record);
  require_times(record);
  if (record.contains("convergence")) require_convergence(record);
}

// Of a run that used up its budget or reached its target.
void require_result(const json& record) {
  if (record["evaluations"].empty()) throw Defect("it has no evaluations");
  require_count(record, "step_seconds.count", 1);
  for (const char* field : {"step_seconds.p10", "step_seconds.median", "step_seconds.p90"})
    require_amount(record, field);
  for (const json& evaluation : record["evaluations"]) {
    for (const char* field : {"train.loss", "train.error", "validation.loss", "validation.error"})
      require_number(evaluation, field);
  }
  require_number(record, "test.loss");
  require_number(record, "test.error");
}

void require_status_of_target(const json& record, std::string_view status) {
  const bool has_target = require(record, "config.target").is_string();
  const bool converged = record.contains("convergence");
  if (has_target == (status == status::finished))
    throw Defect(
        fmt::format("its status is {}, and its config has {} target", status, has_target ? "a" : "no"));
  if (converged != (status == status::reached_target))
    throw Defect(fmt::format("its status is {}, and it has {} convergence", status, converged ? "a" : "no"));
}

void require_evidence(const json& record, std::string_view status) {
  if (status == status::undefined) {
    require_text(record, "reason");
  } else if (status == status::failed) {
    require_text(record, "cause");
    if (record.contains("evaluations")) require_evaluations(record);
  } else {
    require_training(record);
    if (status == status::diverged) require_count(record, "diverged_step", 1);
    if (status == status::diverged || status == status::interrupted) return;
    require_result(record);
    require_status_of_target(record, status);
  }
}

void require_identity(const json& record) {
  const std::string id = require_text(record, "id");
  require_object(record, "config");
  for (const char* field : {"config.model.name", "config.norm.name"}) require_text(record, field);
  require_count(record, "config.batch_size", 1);
  require_seed(record);
  const std::string wanted = id_of_config(record["config"]);
  if (id != wanted)
    throw Defect(fmt::format("its id is {}, and its config's is {}", quotation(id), quotation(wanted)));
}

// Older versions wrote none.
void require_data_checksum(const json& record) {
  if (!record.contains("data_checksum")) return;
  if (!is_checksum(require_text(record, "data_checksum")))
    throw Defect("its data_checksum is not hexadecimal digits");
}

void require_record(const json& record) {
  if (!record.is_object()) throw Defect("it is not a JSON object");
  const std::string found = require_text(record, "schema");
  if (found != run_schema && found != older_run_schema)
    throw Defect(fmt::format("its schema is {}, not {}", quotation(found), quotation(run_schema)));
  const std::string status = require_text(record, "status");
  if (!is_status(status)) throw Defect(fmt::format("its status {} is unknown", quotation(status)));
  require_identity(record);
  require_object(record, "environment");
  require_data_checksum(record);
  require_evidence(record, status);
}

}  // namespace

bool is_evaluation(const json& evaluation) {
  try {
    require_evaluation(evaluation);
    return true;
  } catch (const Defect&) {
    return false;
  }
}

std::string record_defect(const json& record) {
  try {
    require_record(record);
    return "";
  } catch (const Defect& defect) {
    return defect.what();
  }
}

}  // namespace normlab
