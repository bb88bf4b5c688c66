#include "normlab/experiment/scheduler.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <deque>
#include <list>
#include <thread>
#include <utility>

#include "normlab/core/error.h"
#include "normlab/core/process.h"
#include "normlab/experiment/cell.h"
#include "normlab/experiment/cell_labels.h"
#include "normlab/experiment/child_process.h"
#include "normlab/experiment/config_json.h"
#include "normlab/experiment/core_lease.h"
#include "normlab/experiment/cores.h"
#include "normlab/experiment/evaluation_log.h"
#include "normlab/experiment/progress.h"
#include "normlab/experiment/record_head.h"
#include "normlab/experiment/run_order.h"
#include "normlab/experiment/run_state.h"
#include "normlab/experiment/stop_signals.h"
#include "normlab/experiment/time_estimate.h"
#include "normlab/records/vocabulary.h"

namespace normlab {
namespace {

using Clock = std::chrono::steady_clock;

int largest_thread_count(const std::vector<SweepCell>& cells) {
  int threads = 1;
  for (const SweepCell& cell : cells) threads = std::max(threads, cell.config.threads);
  return threads;
}

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

struct RunningCell {
  const SweepCell* cell;
  std::string label;
  std::vector<int> cores;
  Clock::time_point start;
  SharedRunState state;
  ChildProcess child;
  std::optional<Clock::time_point> first_step_seen = std::nullopt;
};

// The pace of a run under way; nothing before it can be told.
std::optional<Pace> pace_of(const RunningCell& run) {
  constexpr double shortest = 0.2;  // seconds: below, a single slow step would speak for all
  const double seconds = run.first_step_seen ? seconds_since(*run.first_step_seen) : 0;
  const std::int64_t steps = run.state->step - run.state->first_step;
  if (seconds < shortest || steps < 1) return std::nullopt;
  return Pace{seconds / static_cast<double>(steps), static_cast<double>(run.state->steps_per_epoch)};
}

// The pace of a run that has a record, and the steps that it took; nothing when it was not evaluated.
std::optional<std::pair<Pace, double>> recorded_pace(const nlohmann::json& record) {
  const nlohmann::json* evaluations = value_at(record, "evaluations");
  if (evaluations == nullptr || !evaluations->is_array() || evaluations->empty()) return std::nullopt;
  const auto number = [&](const char* path) {
    const nlohmann::json* value = value_at(evaluations->back(), path);
    return value != nullptr && value->is_number() ? value->get<double>() : 0;
  };
  const double step = number("step"), epoch = number("epoch"), seconds = number("seconds.elapsed");
  if (!(step > 0) || !(epoch > 0)) return std::nullopt;
  return std::pair(Pace{seconds / step, step / epoch}, step);
}

// "reached target after 3.5 epochs in 12.3 s; its times are doubtful"
std::string ended_message(const nlohmann::json& record, double seconds) {
  const nlohmann::json* status = value_at(record, "status");
  const nlohmann::json* epochs = value_at(record, "convergence.epochs");
  const nlohmann::json* warnings = value_at(record, "time_warnings");
  std::string how = status == nullptr ? "ended" : status->get<std::string>();
  std::replace(how.begin(), how.end(), '_', ' ');
  if (epochs != nullptr) how += fmt::format(" after {:.3g} epochs", epochs->get<double>());
  how += fmt::format(" in {:.1f} s", seconds);
  if (warnings != nullptr && !warnings->empty()) how += "; its times are doubtful";
  return how;
}

class Schedule {
 public:
  Schedule(const RunStore& store, const std::vector<SweepCell>& cells, const ScheduleOptions& options)
      : store_(store),
        options_(options),
        jobs_(resolve_jobs(options.jobs, cells)),
        cores_(available_cores()),
        labels_(cells),
        estimate_(cells) {
    if (options.save_parameters) store.prepare_parameters(cells);
    counts_.cells = static_cast<int>(cells.size());
    sort_cells(cells);
  }

  SweepOutcome run() {
    const std::atomic<int>& stops = count_stop_signals();
    try {
      while (!waiting_.empty() || !running_.empty()) {
        if (stops > 0 && !counts_.stopping)
          stop(SIGTERM, "stopping after checkpoints; once more stops at once");
        if (stops > 1 && !killing_) kill_all();
        while (!counts_.stopping && !waiting_.empty() && counts_.running < jobs_ && start_next()) {
        }
        if (counts_.stopping) waiting_.clear();
        collect();
        if (progress_.due()) draw();
        // Short against any run, and long enough to cost the runs nothing.
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      }
    } catch (...) {
      stop(SIGTERM, "stopping, because what runs find cannot be kept");
      wait_for_all();
      throw;
    }
    return {counts_.done - counts_.undefined, counts_.undefined, counts_.failed, counts_.stopping};
  }

 private:
  void sort_cells(const std::vector<SweepCell>& cells) {
    int finished_before = 0;
    for (const SweepCell* const entry : start_order(cells)) {
      const SweepCell& cell = *entry;
      const std::string status = store_.status(cell);
      if (cell.undefined) {
        if (status != "undefined")
          store_.write_record(cell.id, make_undefined_record(record_head(cell.config), *cell.undefined));
        ++counts_.undefined;
        ++counts_.done;
      } else if (is_final_status(status)) {
        store_.remove_leftovers(cell.id);  // of a run that was killed between its record and the end
        ++counts_.done;
        ++finished_before;
        learn_pace(cell, store_.record(cell));
      } else {
        waiting_.push_back(&cell);
      }
    }
    tell_what_is_left(finished_before);
  }

  void tell_what_is_left(int finished_before) {
    const auto begun = std::count_if(waiting_.begin(), waiting_.end(), [this](const SweepCell* cell) {
      std::error_code ignored;
      return std::filesystem::exists(store_.checkpoint_path(cell->id), ignored);
    });
    if (finished_before == 0 && begun == 0) return;
    std::string message = fmt::format("{} of {} runs are finished already; {} to go", finished_before,
                                      counts_.cells - counts_.undefined, waiting_.size());
    if (begun > 0)
      message +=
          fmt::format(", {} of them from {}", begun, begun == 1 ? "its checkpoint" : "their checkpoints");
    progress_.say(message);
  }

  // False when it has to wait for a core.
  bool start_next() {
    const SweepCell& cell = *waiting_.front();
    std::vector<int> taken;
    for (const RunningCell& running : running_)
      taken.insert(taken.end(), running.cores.begin(), running.cores.end());
    const std::optional<CoreLease> lease = cores_.lease(cell.config.threads, taken);
    warn_once(cores_.problem(), "cores are not shared out with other sweeps, and times may suffer: ");
    if (!lease) {
      if (!std::exchange(told_to_wait_, true)) {
        progress_.say(fmt::format("waiting for {}; {}", cell.config.threads == 1 ? "a core" : "cores",
                                  cores_.holders()));
      }
      counts_.waits_for_core = true;
      return false;
    }
    counts_.waits_for_core = false;
    waiting_.pop_front();
    running_.push_back(start(cell, *lease));
    ++counts_.running;
    return true;
  }

  // The child inherits the locks of its cores, and this process keeps none: they are free when it ends, and
  // not before, whatever becomes of the sweep.
  RunningCell start(const SweepCell& cell, const CoreLease& lease) const {
    const Clock::time_point begin = Clock::now();
    SharedRunState state;
    ChildStart start;
    start.arguments = {"run-cell",
                       cell.id,
                       "--",
                       store_.record_path(cell.id),
                       store_.checkpoint_path(cell.id),
                       store_.evaluation_log_path(cell.id),
                       options_.save_parameters ? store_.parameters_path(cell.id) : "",
                       fmt::format("{}", options_.checkpoint_seconds)};
    start.cores = lease.cores();
    start.input = cell_order(cell.config, {lease.cores(), jobs_}, state.descriptor()).dump();
    start.descriptors = lease.locks();
    start.descriptors.push_back(state.descriptor());
    start.pin_error = &state->pin_error;
    ChildProcess child(start);
    lease.name_holder(child.process(), cell.id);
    return {&cell, labels_.label(cell), lease.cores(), begin, std::move(state), std::move(child)};
  }

  void warn_once(const std::string& problem, std::string_view what) {
    if (problem.empty() || std::exchange(warned_, true)) return;
    progress_.say(fmt::format("warning: {}{}", what, problem));
  }

  void collect() {
    for (auto running = running_.begin(); running != running_.end();) {
      const std::optional<ChildExit> exit = running->child.poll();
      if (!exit) {
        ++running;
        continue;
      }
      const RunningCell ended = std::move(*running);
      running = running_.erase(running);
      --counts_.running;
      finish(ended, *exit);
    }
  }

  void finish(const RunningCell& ended, const ChildExit& exit) {
    const SweepCell& cell = *ended.cell;
    const int pin_error = ended.state->pin_error;
    if (pin_error != 0) warn_once(std::strerror(pin_error), "runs cannot be pinned to cores: ");
    for (const std::string& warning : exit.warnings)
      progress_.say(fmt::format("warning: {}: {}", cell.id, warning));
    std::string message;
    if (exit.signal == 0 && exit.status == 0 && is_final_status(store_.status(cell))) {
      ++counts_.done;
      const nlohmann::json record = store_.record(cell);
      learn_pace(cell, record);
      message = ended_message(record, seconds_since(ended.start));
    } else if (!counts_.stopping) {
      // A child that someone else asked to stop has its checkpoint, and is as much unfinished as one that
      // crashed.
      const std::string cause = exit.status == 130 ? "stopped by a signal from outside" : exit.cause;
      const RecordHead head = record_head(cell.config, placement_of(ended));
      const Json evaluations = read_evaluation_log(store_.evaluation_log_path(cell.id), head.metrics);
      store_.write_record(
          cell.id, make_failed_record(head, cause, {utc_time(seconds_since(ended.start)), evaluations}));
      ++counts_.failed;
      message = fmt::format("failed: {}", cause);
    } else {
      return;
    }
    progress_.say(fmt::format("{}/{} {}: {} ({})", counts_.done + counts_.failed, counts_.cells, ended.label,
                              message, cell.id));
  }

  void learn_pace(const SweepCell& cell, const nlohmann::json& record) {
    if (const auto recorded = recorded_pace(record))
      estimate_.observe_end(cell, recorded->first, recorded->second);
  }

  void draw() {
    std::vector<RunProgress> runs;
    double total = 0, longest = 0;
    bool known = true;
    const auto add = [&](const std::optional<double>& seconds) {
      known = known && seconds.has_value();
      total += seconds.value_or(0);
      longest = std::max(longest, seconds.value_or(0));
    };
    for (RunningCell& run : running_) {
      if (!run.first_step_seen && run.state->first_step >= 0) {
        run.first_step_seen = Clock::now();
        estimate_.observe_start(seconds_since(run.start));
      }
      const std::optional<Pace> pace = pace_of(run);
      if (pace) estimate_.observe(*run.cell, *pace);
      runs.push_back(
          describe_progress(run.label, run.cell->config, *run.state, pace ? 1 / pace->seconds_per_step : 0));
    }
    for (const RunningCell& run : running_)
      add(estimate_.seconds_left(*run.cell, std::max(0.0, static_cast<double>(run.state->step))));
    for (const SweepCell* cell : waiting_) add(estimate_.seconds(*cell));
    progress_.draw(progress_lines(runs, counts_, known ? seconds_side_by_side(total, longest, jobs_) : -1));
  }

  Placement placement_of(const RunningCell& run) const {
    return {run.state->pin_error == 0 ? run.cores : std::vector<int>{}, jobs_};
  }

  void stop(int signal, std::string_view message) {
    counts_.stopping = true;
    progress_.say(message);
    for (const RunningCell& running : running_) running.child.send(signal);
  }

  void kill_all() {
    killing_ = true;
    for (const RunningCell& running : running_) running.child.send(SIGKILL);
  }

  void wait_for_all() {
    while (!running_.empty()) {
      running_.remove_if([](RunningCell& running) { return running.child.poll().has_value(); });
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

  const RunStore& store_;
  const ScheduleOptions options_;
  const int jobs_;
  SharedCores cores_;
  const CellLabels labels_;
  TimeEstimate estimate_;
  Progress progress_;
  SweepCounts counts_;
  std::deque<const SweepCell*> waiting_;
  std::list<RunningCell> running_;
  bool killing_ = false;
  bool told_to_wait_ = false, warned_ = false;
};

}  // namespace

int resolve_jobs(int jobs, const std::vector<SweepCell>& cells) {
  const int cores = static_cast<int>(available_cores().size());
  const int threads = largest_thread_count(cells);
  if (jobs == 0) return std::max(1, cores / threads);
  if (jobs < 1 || jobs * threads > cores) {
    refuse("jobs", fmt::format("{}", jobs),
           fmt::format("with {} thread{} a run and {} core{}, 1 to {} are", threads, threads == 1 ? "" : "s",
                       cores, cores == 1 ? "" : "s", std::max(1, cores / threads)));
  }
  return jobs;
}

SweepOutcome run_sweep(const RunStore& store, const std::vector<SweepCell>& cells,
                       const ScheduleOptions& options) {
  return Schedule(store, cells, options).run();
}

}  // namespace normlab
