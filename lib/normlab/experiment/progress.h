// What a sweep tells about itself while it runs, on standard error: on a terminal one line that is redrawn,
// otherwise a line for each run that ended.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace normlab {

struct SweepCounts {
  int cells = 0;  // of the sweep
  int done = 0;   // ended by themselves or undefined, those of earlier sweeps included
  int failed = 0;
  int running = 0;
  int undefined = 0;  // of those done
};

// "[#######.......] 14 of 27 done, 2 running, 0 failed, about 3 min left"
std::string progress_line(const SweepCounts& counts, double seconds_left, int width = 24);

// "45 s", "12 min", "3.5 h"; "?" for a negative number.
std::string duration_text(double seconds);

class Progress {
 public:
  explicit Progress(int jobs);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // A run ended after so many seconds in this process; `message` says how.
  void run_ended(const SweepCounts& counts, double seconds, std::string_view message);
  // Redraws the line on a terminal, at most a few times a second.
  void tick(const SweepCounts& counts);
  // A line of its own.
  void say(std::string_view message);

 private:
  double seconds_left(const SweepCounts& counts) const;
  void clear();

  bool terminal_;
  bool drawn_ = false;
  int jobs_;
  int timed_runs_ = 0;
  double run_seconds_ = 0;
  std::chrono::steady_clock::time_point last_drawn_{};
};

}  // namespace normlab
