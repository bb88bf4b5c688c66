// What a sweep tells about itself while it runs, on standard error: on a terminal a line for each running run
// and one for all, redrawn in place; otherwise a line for each run that ended.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "normlab/experiment/process/run_state.h"
#include "normlab/train/run_config.h"

namespace normlab {

struct SweepCounts {
  int runs = 0;  // of the sweep
  int done = 0;  // ended by themselves or undefined, those of earlier sweeps included
  int failed = 0;
  int running = 0;
  int undefined = 0;  // of those done
  bool waits_for_core = false;
  bool stopping = false;  // nothing more is started
};

// What is told of a running run.
struct RunProgress {
  std::string label;                  // its settings
  std::string position = "starting";  // "epoch 1.25 of 4"
  std::string metric;                 // "validation error 0.1532"; "" before the first evaluation
  std::string speed;                  // "8412 steps/s"; "" before the first steps
};

// How far the run has come; `steps_per_second` of wall time is 0 when it is not known.
RunProgress describe_progress(std::string label, const RunConfig& config, const RunState& state,
                              double steps_per_second);

// "[#######.......] 14 of 27 done, 2 running, 0 failed, about 3 min left"
std::string progress_line(const SweepCounts& counts, double seconds_left, int width = 24);

// A line for each run, their parts below one another, then the one for all.
std::vector<std::string> progress_lines(const std::vector<RunProgress>& runs, const SweepCounts& counts,
                                        double seconds_left);

struct TerminalSize {
  std::size_t columns = 80, rows = 24;
};

// The lines cut so that none wraps, and the first ones left out where they are more than the terminal has.
std::vector<std::string> fitted(std::vector<std::string> lines, TerminalSize size);

// Moves from the end of `drawn`, which stand on a terminal as wide as `size` says now, to their beginning,
// erases them and writes `lines` in their place, the last without a line feed.
std::string redrawn(const std::vector<std::string>& drawn, const std::vector<std::string>& lines,
                    TerminalSize size);

// "45 s", "12 min", "3.5 h"; "?" for a negative number.
std::string duration_text(double seconds);

class Progress {
 public:
  Progress();
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Whether it is time to draw: on a terminal, a few times a second.
  bool due() const;
  void draw(std::vector<std::string> lines);
  // A line of its own, that stays.
  void say(std::string_view message);

 private:
  void clear();

  bool terminal_;
  std::vector<std::string> drawn_;
  std::chrono::steady_clock::time_point last_drawn_{};
};

}  // namespace normlab
