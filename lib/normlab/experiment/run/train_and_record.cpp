#include "normlab/experiment/run/train_and_record.h"

#include "normlab/core/error.h"
#include "normlab/core/file.h"
#include "normlab/core/log.h"
#include "normlab/experiment/config/config_json.h"
#include "normlab/experiment/process/cores.h"
#include "normlab/experiment/process/run_state.h"
#include "normlab/experiment/process/stop_signals.h"
#include "normlab/experiment/run/environment.h"
#include "normlab/experiment/run/evaluation_log.h"
#include "normlab/experiment/run/record_head.h"
#include "normlab/records/record_check.h"
#include "normlab/records/vocabulary.h"
#include "normlab/tasks/registry.h"

namespace normlab {
namespace {

bool holds_ended_run(const std::filesystem::path& file) {
  if (!is_file(file)) return false;
  try {
    const nlohmann::json record = read_sorted_json(file, "out");
    return record_defect(record).empty() && is_final_status(record["status"].get<std::string>());
  } catch (const RequestError&) {  // no record at all
    return false;
  }
}

}  // namespace

RunResult train_and_record(const RunConfig& config, RunOptions options, const std::filesystem::path& record,
                           const Placement& placement) {
  options.identity = run_id(config);
  options.metadata = {{"config", to_json(config).dump()},
                      {"id", options.identity},
                      {"normlab", describe_environment(config.threads).normlab}};
  options.keep_result = [&](const RunResult& result) {
    if (result.status == RunStatus::interrupted && holds_ended_run(record)) return;
    write_whole(record, record_text(make_record(record_head(config, placement), result)));
  };
  RunResult result = train(config, options);
  if (result.status != RunStatus::interrupted && !options.checkpoint.empty()) {
    std::error_code ignored;
    std::filesystem::remove(follow_links(options.checkpoint), ignored);
  }
  return result;
}

Json child_order(const RunConfig& config, const Placement& placement, int run_state, Index pause_at) {
  return {{"config", to_json(config)},
          {"cores", placement.pinned_cores},
          {"jobs", placement.jobs},
          {"run_state", run_state},
          {"pause_at", pause_at}};
}

int run_child(const Json& order, const RunFiles& files) {
  exit_when_parent_asks();
  const RunConfig config = resolve(order.at("config"));
  Placement placement{order.at("cores").get<std::vector<int>>(), order.at("jobs")};
  // What the system made of the wish; the sweep says why.
  if (available_cores() != placement.pinned_cores) placement.pinned_cores.clear();
  const SharedRunState state(order.at("run_state").get<int>());
  RunOptions options;
  options.checkpoint = files.checkpoint;
  options.checkpoint_seconds = files.checkpoint_seconds;
  options.save_parameters = files.parameters;
  options.stop = &stop_flag();
  options.pause_at = order.at("pause_at").get<Index>();
  options.on_ready = [&files](Index steps) {
    stop_when_parent_asks();
    // What is left of an earlier start, perhaps on other data, is no part of this one.
    std::error_code ignored;
    if (steps == 0) std::filesystem::remove(files.evaluations, ignored);
  };
  report_to(*state, options);
  options.on_evaluation = [&, progress = options.on_evaluation,
                           &metrics = task_of(config.dataset).metrics](const Evaluation& evaluation) {
    progress(evaluation);
    append_evaluation(files.evaluations, evaluation, metrics);
  };
  const RunResult result = train_and_record(config, options, files.record, placement);
  std::error_code ignored;
  if (result.status != RunStatus::interrupted) std::filesystem::remove(files.evaluations, ignored);
  // The run has ended all the same; the sweep counts what is missing.
  if (!result.parameters_problem.empty()) log_warning(result.parameters_problem);
  return result.status == RunStatus::interrupted ? 130 : 0;
}

}  // namespace normlab
