#include "normlab/experiment/scheduler.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <list>
#include <thread>

#include "normlab/core/error.h"
#include "normlab/experiment/child_process.h"
#include "normlab/experiment/config_json.h"
#include "normlab/experiment/cores.h"
#include "normlab/experiment/progress.h"
#include "normlab/experiment/record.h"
#include "normlab/experiment/stop_signals.h"

namespace normlab {
namespace {

using Clock = std::chrono::steady_clock;

int largest_thread_count(const std::vector<SweepCell>& cells) {
  int threads = 1;
  for (const SweepCell& cell : cells) threads = std::max(threads, cell.config.threads);
  return threads;
}

struct RunningCell {
  const SweepCell* cell;
  int slot;
  Clock::time_point start;
  ChildProcess child;
};

// "mlp-layer-b4-s1-9f2c1a7e: reached_target after 3.5 epochs in 12.3 s"
std::string ended_message(const RunStore& store, const SweepCell& cell, double seconds) {
  const Json record = read_json(store.record_path(cell.id), "out");
  const Json* status = find_setting(record, "status");
  const Json* epochs = find_setting(record, "convergence.epochs");
  return fmt::format(
      "{}: {}{} in {:.1f} s", cell.id, status == nullptr ? "ended" : status->get<std::string>(),
      epochs == nullptr ? "" : fmt::format(" after {:.3g} epochs", epochs->get<double>()), seconds);
}

class Schedule {
 public:
  Schedule(const RunStore& store, const std::vector<SweepCell>& cells, const ScheduleOptions& options)
      : store_(store),
        options_(options),
        jobs_(resolve_jobs(options.jobs, cells)),
        threads_(largest_thread_count(cells)),
        cores_(available_cores()),
        progress_(jobs_) {
    for (int slot = jobs_ - 1; slot >= 0; --slot) free_slots_.push_back(slot);
    counts_.cells = static_cast<int>(cells.size());
    sort_cells(cells);
  }

  SweepOutcome run() {
    const std::atomic<int>& stops = count_stop_signals();
    try {
      while (!waiting_.empty() || !running_.empty()) {
        if (stops > 0 && !stopping_) stop(SIGTERM, "stopping after checkpoints; once more stops at once");
        if (stops > 1 && !killing_) kill_all();
        while (!stopping_ && !waiting_.empty() && !free_slots_.empty()) start_next();
        if (stopping_) waiting_.clear();
        collect();
        progress_.tick(counts_);
        // Short against any run, and long enough to cost the runs nothing.
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      }
    } catch (...) {
      stop(SIGTERM, "stopping, because what runs find cannot be kept");
      wait_for_all();
      throw;
    }
    return {counts_.done - counts_.undefined, counts_.undefined, counts_.failed, stopping_};
  }

 private:
  void sort_cells(const std::vector<SweepCell>& cells) {
    int finished_before = 0;
    for (const SweepCell& cell : cells) {
      const std::string status = store_.status(cell.id);
      if (cell.undefined) {
        if (status != "undefined")
          store_.write_record(cell.id, make_undefined_record(cell.config, *cell.undefined));
        ++counts_.undefined;
        ++counts_.done;
      } else if (is_final_status(status)) {
        ++counts_.done;
        ++finished_before;
      } else {
        waiting_.push_back(&cell);
      }
    }
    if (finished_before > 0) {
      progress_.say(fmt::format("{} of {} runs are finished already; {} to go", finished_before,
                                counts_.cells - counts_.undefined, waiting_.size()));
    }
  }

  void start_next() {
    const SweepCell& cell = *waiting_.front();
    waiting_.pop_front();
    const int slot = free_slots_.back();
    free_slots_.pop_back();
    const auto first = cores_.begin() + static_cast<std::ptrdiff_t>(slot) * threads_;
    const std::vector<int> cores(first, first + threads_);
    const std::vector<std::string> arguments{"run-cell", "--", store_.record_path(cell.id),
                                             store_.checkpoint_path(cell.id),
                                             fmt::format("{}", options_.checkpoint_seconds)};
    const std::string config = to_json(cell.config).dump();
    running_.push_back({&cell, slot, Clock::now(), ChildProcess(arguments, cores, config)});
    ++counts_.running;
  }

  void collect() {
    for (auto running = running_.begin(); running != running_.end();) {
      const std::optional<ChildExit> exit = running->child.poll();
      if (!exit) {
        ++running;
        continue;
      }
      const RunningCell& ended = *running;
      const SweepCell& cell = *ended.cell;
      const double seconds = std::chrono::duration<double>(Clock::now() - ended.start).count();
      free_slots_.push_back(ended.slot);
      running = running_.erase(running);
      --counts_.running;
      finish(cell, *exit, seconds);
    }
  }

  void finish(const SweepCell& cell, const ChildExit& exit, double seconds) {
    if (exit.signal == 0 && exit.status == 0 && is_final_status(store_.status(cell.id))) {
      ++counts_.done;
      progress_.run_ended(counts_, seconds, ended_message(store_, cell, seconds));
    } else if (!stopping_) {
      // A child that someone else asked to stop has its checkpoint, and is as much unfinished as one that
      // crashed.
      const std::string cause = exit.status == 130 ? "stopped by a signal from outside" : exit.cause;
      store_.write_record(cell.id, make_failed_record(cell.config, cause));
      ++counts_.failed;
      progress_.run_ended(counts_, seconds, fmt::format("{}: failed: {}", cell.id, cause));
    }
  }

  void stop(int signal, std::string_view message) {
    stopping_ = true;
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
  const int jobs_, threads_;
  const std::vector<int> cores_;
  Progress progress_;
  SweepCounts counts_;
  std::deque<const SweepCell*> waiting_;
  std::list<RunningCell> running_;
  std::vector<int> free_slots_;
  bool stopping_ = false, killing_ = false;
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
