#include "normlab/experiment/record.h"

#include "normlab/experiment/config_json.h"
#include "normlab/train/clock_check.h"
#include "normlab/train/evaluation_json.h"

namespace normlab {
namespace {

Json convergence_json(const Target& target, const Convergence& convergence) {
  return {{"target", target.text()},
          {"epochs", convergence.epochs},
          {"steps", convergence.steps},
          {"train_seconds", convergence.train_seconds},
          {"train_seconds_from_median_step", convergence.train_seconds_from_median_step}};
}

Json start_record(const RunConfig& config, std::string_view status, const Placement& placement) {
  return {{"schema", "normlab.run/2"},
          {"id", run_id(config)},
          {"status", status},
          {"config", to_json(config)},
          {"environment", to_json(describe_environment(config.threads, placement))}};
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

std::string status_name(RunStatus status) {
  switch (status) {
    case RunStatus::reached_target:
      return "reached_target";
    case RunStatus::missed_target:
      return "missed_target";
    case RunStatus::finished:
      return "finished";
    case RunStatus::diverged:
      return "diverged";
    case RunStatus::interrupted:
      return "interrupted";
  }
  return "";
}

bool is_final_status(std::string_view status) {
  return status == "reached_target" || status == "missed_target" || status == "finished" ||
         status == "diverged" || status == "undefined";
}

Json make_record(const RunConfig& config, const RunResult& result, const Placement& placement) {
  const std::optional<TextUnit> unit = text_unit(config.dataset);
  Json record = start_record(config, status_name(result.status), placement);
  record["started"] = result.started;
  if (!result.data_checksum.empty()) record["data_checksum"] = result.data_checksum;
  if (result.diverged_step) record["diverged_step"] = *result.diverged_step;
  record["model"] = {{"parameters", result.parameters},
                     {"multiply_adds_per_sample", result.multiply_adds_per_sample}};
  record["evaluations"] = Json::array();
  for (const Evaluation& evaluation : result.evaluations) {
    record["evaluations"].push_back(to_json(evaluation, unit));
  }
  if (config.target && result.convergence)
    record["convergence"] = convergence_json(*config.target, *result.convergence);
  record["step_seconds"] = {{"count", result.step_seconds.count},
                            {"p10", result.step_seconds.p10},
                            {"median", result.step_seconds.median},
                            {"p90", result.step_seconds.p90}};
  record["training_clock"] = clock_json(result.clock);
  record["time_warnings"] = time_warnings(result);
  if (result.test) record["test"] = to_json(*result.test, unit);
  record["startup_seconds"] = result.startup_seconds;
  record["checkpoint_seconds"] = result.checkpoint_seconds;
  record["resumed"] = result.resumed;
  record["peak_resident_bytes"] = result.peak_resident_bytes;
  return record;
}

std::vector<std::string> time_warnings(const RunResult& result) {
  return time_warnings(result.clock, result.step_seconds.median, steps_per_epoch(result));
}

Json make_undefined_record(const RunConfig& config, std::string_view reason) {
  Json record = start_record(config, "undefined", {});
  record["reason"] = reason;
  return record;
}

Json make_failed_record(const RunConfig& config, std::string_view cause, const FailedRun& run) {
  Json record = start_record(config, "failed", run.placement);
  record["cause"] = cause;
  if (!run.started.empty()) record["started"] = run.started;
  if (!run.evaluations.empty()) record["evaluations"] = run.evaluations;
  return record;
}

std::string record_text(const Json& record) {
  // The library writes a number that is not finite as null.
  return record.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace normlab
