#include "normlab/records/record.h"

#include "normlab/records/metrics.h"
#include "normlab/records/run_id.h"
#include "normlab/records/vocabulary.h"
#include "normlab/train/clock_check.h"
#include "normlab/train/evaluation_json.h"

namespace normlab {
namespace {

Json convergence_json(const Json& target, const RunPoint& after, const RunPoint& at, double median_step) {
  return {{"target", target},
          {"epochs_after", after.epochs},
          {"epochs", at.epochs},
          {"steps_after", after.steps},
          {"steps", at.steps},
          {"train_seconds_after", after.train_seconds},
          {"train_seconds", at.train_seconds},
          {"train_seconds_from_median_step", static_cast<double>(at.steps) * median_step}};
}

Json censored_json(const Json& target, const RunPoint& after, double median_step) {
  return {{"target", target},
          {"epochs", after.epochs},
          {"steps", after.steps},
          {"train_seconds", after.train_seconds},
          {"train_seconds_from_median_step", static_cast<double>(after.steps) * median_step}};
}

Json start_record(const RecordHead& head, std::string_view status) {
  Json record{
      {"schema", run_schema}, {"id", id_of_config(head.config)}, {"status", status}, {"config", head.config}};
  if (!head.defaults.empty()) record["defaults"] = head.defaults;
  record["environment"] = head.environment;
  return record;
}

Json clock_json(const TrainingClock& clock) {
  return {{"steps", clock.steps},
          {"seconds", clock.seconds},
          {"cpu_seconds", clock.cpu_seconds},
          {"warm_up_steps", clock.warm_up_steps},
          {"warm_up_seconds", clock.warm_up_seconds}};
}

double steps_per_epoch(const RunResult& result) {
  if (result.evaluations.empty()) return 0;
  const Evaluation& last = result.evaluations.back();
  return last.epoch > 0 ? static_cast<double>(last.step) / last.epoch : 0;
}

}  // namespace

std::string_view status_name(RunStatus status) {
  switch (status) {
    case RunStatus::reached_target:
      return status::reached_target;
    case RunStatus::missed_target:
      return status::missed_target;
    case RunStatus::finished:
      return status::finished;
    case RunStatus::diverged:
      return status::diverged;
    case RunStatus::interrupted:
      return status::interrupted;
  }
  return "";
}

Json make_record(const RecordHead& head, const RunResult& result) {
  Json record = start_record(head, status_name(result.status));
  record["started"] = result.started;
  if (!result.data_checksum.empty()) record["data_checksum"] = result.data_checksum;
  if (result.diverged_step) record["diverged_step"] = *result.diverged_step;
  record["model"] = {{"parameters", result.parameters},
                     {"multiply_adds_per_sample", result.multiply_adds_per_sample}};
  record["metrics"] = metrics_json(head.metrics);
  if (!result.initial_layers.empty()) record["initial"] = {{"layers", to_json(result.initial_layers)}};
  record["evaluations"] = Json::array();
  for (const Evaluation& evaluation : result.evaluations) {
    record["evaluations"].push_back(to_json(evaluation, head.metrics));
  }
  const Json* target = value_at(head.config, "target");
  if (target != nullptr && target->is_string() && result.target) {
    const auto& [reached, after, at] = *result.target;
    const double median_step = result.step_seconds.median;
    if (reached) record["convergence"] = convergence_json(*target, after, at, median_step);
    if (!reached) record["censored"] = censored_json(*target, after, median_step);
  }
  record["step_seconds"] = {{"count", result.step_seconds.count},
                            {"p10", result.step_seconds.p10},
                            {"median", result.step_seconds.median},
                            {"p90", result.step_seconds.p90}};
  record["training_clock"] = clock_json(result.clock);
  record["time_warnings"] = time_warnings(result);
  if (result.test) record["test"] = to_json(*result.test, head.metrics);
  record["startup_seconds"] = result.startup_seconds;
  record["checkpoint_seconds"] = result.checkpoint_seconds;
  record["resumed"] = result.resumed;
  record["peak_resident_bytes"] = result.peak_resident_bytes;
  return record;
}

std::vector<std::string> time_warnings(const RunResult& result) {
  return time_warnings(result.clock, result.step_seconds.median, steps_per_epoch(result));
}

Json make_undefined_record(const RecordHead& head, std::string_view reason) {
  Json record = start_record(head, status::undefined);
  record["reason"] = reason;
  return record;
}

Json make_failed_record(const RecordHead& head, std::string_view cause, const FailedRun& run) {
  Json record = start_record(head, status::failed);
  record["cause"] = cause;
  if (!run.started.empty()) record["started"] = run.started;
  if (!run.evaluations.empty()) {
    record["metrics"] = metrics_json(head.metrics);
    record["evaluations"] = run.evaluations;
  }
  return record;
}

bool is_of_other_data(std::string_view recorded, std::string_view now) {
  return !recorded.empty() && recorded != now;
}

std::string record_text(const Json& record) {
  // The library writes a number that is not finite as null.
  return record.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace normlab
