#include "normlab/experiment/sweep/run_sweep.h"

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
#include "normlab/core/text.h"
#include "normlab/experiment/config/config_json.h"
#include "normlab/experiment/process/child_process.h"
#include "normlab/experiment/process/core_lease.h"
#include "normlab/experiment/process/cores.h"
#include "normlab/experiment/process/run_state.h"
#include "normlab/experiment/process/stop_signals.h"
#include "normlab/experiment/run/evaluation_log.h"
#include "normlab/experiment/run/record_head.h"
#include "normlab/experiment/run/train_and_record.h"
#include "normlab/experiment/spec/run_labels.h"
#include "normlab/experiment/spec/run_order.h"
#include "normlab/experiment/sweep/progress.h"
#include "normlab/experiment/sweep/time_estimate.h"
#include "normlab/records/vocabulary.h"

namespace normlab {
namespace {

using Clock = std::chrono::steady_clock;

int largest_thread_count(const std::vector<SweepRun>& runs) {
  int threads = 1;
  for (const SweepRun& run : runs) threads = std::max(threads, run.config.threads);
  return threads;
}

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

struct ActiveRun {
  const SweepRun* run;
  std::string label;
  std::vector<int> cores;
  Clock::time_point start;
  SharedRunState state;
  ChildProcess child;
  std::optional<Clock::time_point> first_step_seen = std::nullopt;
};

// The pace of a run under way; nothing before it can be told.
std::optional<Pace> pace_of(const ActiveRun& run) {
  constexpr double shortest = 0.2;  // seconds: below, a single slow step would speak for all
  const double seconds = run.first_step_seen ? seconds_since(*run.first_step_seen) : 0;
  const std::int64_t steps = run.state->step - run.state->first_step;
  if (seconds < shortest || steps < 1) return std::nullopt;
  return Pace{seconds / static_cast<double>(steps), static_cast<double>(run.state->steps_per_epoch)};
}

// The pace of a run that has a record, and the steps that it took; nothing when it was not evaluated.
std::optional<std::pair<Pace, double>> recorded_pace(const RunRecord& record) {
  const RunCosts end = record.to_end.value_or(RunCosts());
  const double step = end.steps.value_or(0), epoch = end.epochs.value_or(0);
  if (!(step > 0) || !(epoch > 0)) return std::nullopt;
  return std::pair(Pace{record.elapsed_seconds.value_or(0) / step, step / epoch}, step);
}

// "reached target after 3.5 epochs in 12.3 s; its times are doubtful"
std::string ended_message(const RunRecord& record, double seconds) {
  if (record.status == status::interrupted) {
    return fmt::format("paused after {:.3g} epochs", record.to_end ? record.to_end->epochs.value_or(0) : 0);
  }
  std::string how = with_blanks(record.status);
  if (record.event && record.event->reached)
    how += fmt::format(" after {:.3g} epochs", *record.event->at.epochs);
  how += fmt::format(" in {:.1f} s", seconds);
  if (!record.time_warnings.empty()) how += "; its times are doubtful";
  return how;
}

class SweepRunner {
 public:
  SweepRunner(const RunStore& store, const std::vector<SweepRun>& runs, const SweepOptions& options)
      : store_(store),
        options_(options),
        jobs_(resolve_jobs(options.jobs, runs)),
        cores_(available_cores()),
        labels_(runs),
        estimate_(runs) {
    if (options.save_parameters) store.prepare_parameters(runs);
    counts_.runs = static_cast<int>(runs.size());
    sort_runs(runs);
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
  void sort_runs(const std::vector<SweepRun>& runs) {
    int finished_before = 0;
    for (const SweepRun* const entry : start_order(runs)) {
      const SweepRun& run = *entry;
      const RunRecord* record = store_.record(run);
      if (run.undefined) {
        if (record == nullptr)
          store_.write_record(run.id, make_undefined_record(record_head(run.config), *run.undefined));
        ++counts_.undefined;
        ++counts_.done;
      } else if (record != nullptr && is_far_enough(run, *record)) {
        // Of a run that was killed between its record and the end.
        if (is_final_status(record->status)) store_.remove_leftovers(run.id);
        ++counts_.done;
        ++finished_before;
        learn_pace(run, *record);
      } else {
        waiting_.push_back(&run);
      }
    }
    tell_what_is_left(finished_before);
  }

  Index pause_of(const SweepRun& run) const {
    const auto found = options_.pause_at.find(run.id);
    return found == options_.pause_at.end() ? 0 : found->second;
  }

  bool is_far_enough(const SweepRun& run, const RunRecord& record) const {
    if (is_final_status(record.status)) return true;
    const double steps = record.to_end ? record.to_end->steps.value_or(0) : 0;
    return record.status == status::interrupted && pause_of(run) > 0 &&
           steps >= static_cast<double>(pause_of(run));
  }

  void tell_what_is_left(int finished_before) {
    const auto begun = std::count_if(waiting_.begin(), waiting_.end(), [this](const SweepRun* run) {
      std::error_code ignored;
      return std::filesystem::exists(store_.checkpoint_path(run->id), ignored);
    });
    if (finished_before == 0 && begun == 0) return;
    std::string message = fmt::format("{}{} of {} runs are finished already; {} to go", phase_prefix(),
                                      finished_before, counts_.runs - counts_.undefined, waiting_.size());
    if (begun > 0)
      message +=
          fmt::format(", {} of them from {}", begun, begun == 1 ? "its checkpoint" : "their checkpoints");
    progress_.say(message);
  }

  // False when it has to wait for a core.
  bool start_next() {
    const SweepRun& run = *waiting_.front();
    std::vector<int> taken;
    for (const ActiveRun& running : running_)
      taken.insert(taken.end(), running.cores.begin(), running.cores.end());
    const std::optional<CoreLease> lease = cores_.lease(run.config.threads, taken);
    warn_once(cores_.problem(), "cores are not shared out with other sweeps, and times may suffer: ");
    if (!lease) {
      if (!std::exchange(told_to_wait_, true)) {
        progress_.say(fmt::format("waiting for {}; {}", run.config.threads == 1 ? "a core" : "cores",
                                  cores_.holders()));
      }
      counts_.waits_for_core = true;
      return false;
    }
    counts_.waits_for_core = false;
    waiting_.pop_front();
    running_.push_back(start(run, *lease));
    ++counts_.running;
    return true;
  }

  // The child inherits the locks of its cores, and this process keeps none: they are free when it ends, and
  // not before, whatever becomes of the sweep.
  ActiveRun start(const SweepRun& run, const CoreLease& lease) const {
    const Clock::time_point begin = Clock::now();
    SharedRunState state;
    ChildStart start;
    start.arguments = {"run-child",
                       run.id,
                       "--",
                       store_.record_path(run.id),
                       store_.checkpoint_path(run.id),
                       store_.evaluation_log_path(run.id),
                       options_.save_parameters ? store_.parameters_path(run.id) : "",
                       fmt::format("{}", options_.checkpoint_seconds)};
    start.cores = lease.cores();
    start.input = child_order(run.config, {lease.cores(), jobs_}, state.descriptor(), pause_of(run)).dump();
    start.descriptors = lease.locks();
    start.descriptors.push_back(state.descriptor());
    start.pin_error = &state->pin_error;
    ChildProcess child(start);
    lease.name_holder(child.process(), run.id);
    return {&run, labels_.label(run), lease.cores(), begin, std::move(state), std::move(child)};
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
      const ActiveRun ended = std::move(*running);
      running = running_.erase(running);
      --counts_.running;
      finish(ended, *exit);
    }
  }

  void finish(const ActiveRun& ended, const ChildExit& exit) {
    const SweepRun& run = *ended.run;
    const int pin_error = ended.state->pin_error;
    if (pin_error != 0) warn_once(std::strerror(pin_error), "runs cannot be pinned to cores: ");
    for (const std::string& warning : exit.warnings)
      progress_.say(fmt::format("warning: {}: {}", run.id, warning));
    std::string message;
    const bool may_have_paused = exit.status == 130 && pause_of(run) > 0;
    const bool ended_by_itself = exit.signal == 0 && (exit.status == 0 || may_have_paused);
    const RunRecord* record = ended_by_itself ? store_.record(run) : nullptr;
    if (record != nullptr && is_far_enough(run, *record)) {
      ++counts_.done;
      learn_pace(run, *record);
      message = ended_message(*record, seconds_since(ended.start));
    } else if (!counts_.stopping) {
      // A child that someone else asked to stop has its checkpoint, and is as much unfinished as one that
      // crashed.
      const std::string cause = exit.status == 130 ? "stopped by a signal from outside" : exit.cause;
      const RecordHead head = record_head(run.config, placement_of(ended));
      const Json evaluations = read_evaluation_log(store_.evaluation_log_path(run.id), head.metrics);
      store_.write_record(
          run.id, make_failed_record(head, cause, {utc_time(seconds_since(ended.start)), evaluations}));
      ++counts_.failed;
      message = fmt::format("failed: {}", cause);
    } else {
      return;
    }
    progress_.say(fmt::format("{}{}/{} {}: {} ({})", phase_prefix(), counts_.done + counts_.failed,
                              counts_.runs, ended.label, message, run.id));
  }

  std::string phase_prefix() const { return options_.phase.empty() ? "" : options_.phase + ": "; }

  void learn_pace(const SweepRun& run, const RunRecord& record) {
    if (const auto recorded = recorded_pace(record))
      estimate_.observe_end(run, recorded->first, recorded->second);
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
    for (ActiveRun& run : running_) {
      if (!run.first_step_seen && run.state->first_step >= 0) {
        run.first_step_seen = Clock::now();
        estimate_.observe_start(seconds_since(run.start));
      }
      const std::optional<Pace> pace = pace_of(run);
      if (pace) estimate_.observe(*run.run, *pace);
      runs.push_back(
          describe_progress(run.label, run.run->config, *run.state, pace ? 1 / pace->seconds_per_step : 0));
    }
    for (const ActiveRun& run : running_)
      add(estimate_.seconds_left(*run.run, std::max(0.0, static_cast<double>(run.state->step))));
    for (const SweepRun* run : waiting_) add(estimate_.seconds(*run));
    std::vector<std::string> lines =
        progress_lines(runs, counts_, known ? seconds_side_by_side(total, longest, jobs_) : -1);
    lines.back().insert(0, phase_prefix());
    progress_.draw(std::move(lines));
  }

  Placement placement_of(const ActiveRun& run) const {
    return {run.state->pin_error == 0 ? run.cores : std::vector<int>{}, jobs_};
  }

  void stop(int signal, std::string_view message) {
    counts_.stopping = true;
    progress_.say(message);
    for (const ActiveRun& running : running_) running.child.send(signal);
  }

  void kill_all() {
    killing_ = true;
    for (const ActiveRun& running : running_) running.child.send(SIGKILL);
  }

  void wait_for_all() {
    while (!running_.empty()) {
      running_.remove_if([](ActiveRun& running) { return running.child.poll().has_value(); });
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

  const RunStore& store_;
  const SweepOptions options_;
  const int jobs_;
  SharedCores cores_;
  const RunLabels labels_;
  TimeEstimate estimate_;
  Progress progress_;
  SweepCounts counts_;
  std::deque<const SweepRun*> waiting_;
  std::list<ActiveRun> running_;
  bool killing_ = false;
  bool told_to_wait_ = false, warned_ = false;
};

}  // namespace

int resolve_jobs(int jobs, const std::vector<SweepRun>& runs) {
  const int cores = static_cast<int>(available_cores().size());
  const int threads = largest_thread_count(runs);
  if (jobs == 0) return std::max(1, cores / threads);
  if (jobs < 1 || jobs * threads > cores) {
    refuse("jobs", fmt::format("{}", jobs),
           fmt::format("with {} thread{} a run and {} core{}, 1 to {} are", threads, threads == 1 ? "" : "s",
                       cores, cores == 1 ? "" : "s", std::max(1, cores / threads)));
  }
  return jobs;
}

SweepOutcome run_sweep(const RunStore& store, const std::vector<SweepRun>& runs,
                       const SweepOptions& options) {
  return SweepRunner(store, runs, options).run();
}

}  // namespace normlab
