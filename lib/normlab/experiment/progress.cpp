#include "normlab/experiment/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "normlab/core/log.h"
#include "normlab/core/standard_streams.h"

namespace normlab {

std::string duration_text(double seconds) {
  if (seconds < 0) return "?";
  if (seconds < 90) return fmt::format("{:.0f} s", seconds);
  if (seconds < 90 * 60) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.1f} h", seconds / 3600);
}

std::string progress_line(const SweepCounts& counts, double seconds_left, int width) {
  const int ended = counts.done + counts.failed;
  const auto filled = static_cast<std::size_t>(counts.cells > 0 ? width * ended / counts.cells : width);
  std::string line = fmt::format("[{}{}] {} of {} done, {} running, {} failed", std::string(filled, '#'),
                                 std::string(static_cast<std::size_t>(width) - filled, '.'), counts.done,
                                 counts.cells, counts.running, counts.failed);
  if (seconds_left >= 0 && ended < counts.cells)
    line += fmt::format(", about {} left", duration_text(seconds_left));
  return line;
}

Progress::Progress(int jobs) : terminal_(isatty(STDERR_FILENO) != 0), jobs_(jobs) {}

Progress::~Progress() {
  clear();
}

double Progress::seconds_left(const SweepCounts& counts) const {
  if (timed_runs_ == 0) return -1;
  // A run that is under way is taken to be half done.
  const int waiting = counts.cells - counts.done - counts.failed - counts.running;
  return run_seconds_ / timed_runs_ * (waiting + 0.5 * counts.running) / std::max(1, jobs_);
}

void Progress::run_ended(const SweepCounts& counts, double seconds, std::string_view message) {
  ++timed_runs_;
  run_seconds_ += seconds;
  say(fmt::format("{}/{} {}", counts.done + counts.failed, counts.cells, message));
}

void Progress::tick(const SweepCounts& counts) {
  const auto now = std::chrono::steady_clock::now();
  if (!terminal_ || (drawn_ && now - last_drawn_ < std::chrono::milliseconds(250))) return;
  print_error(fmt::format("\r\x1b[K{}", progress_line(counts, seconds_left(counts))));
  drawn_ = true;
  last_drawn_ = now;
}

void Progress::say(std::string_view message) {
  clear();
  log_message(message);
}

void Progress::clear() {
  if (!drawn_) return;
  print_error("\r\x1b[K");
  drawn_ = false;
}

}  // namespace normlab
