#include "normlab/experiment/sweep/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "normlab/core/log.h"
#include "normlab/core/standard_streams.h"
#include "normlab/core/text.h"
#include "normlab/tasks/registry.h"

namespace normlab {
namespace {

// Every byte but those that continue a character of several bytes.
bool begins_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
}

std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

std::string cut(const std::string& text, std::size_t columns) {
  if (columns_of(text) <= columns) return text;
  std::size_t end = 0;
  for (std::size_t seen = 0; end < text.size(); ++end) {
    if (begins_character(text[end]) && seen++ == columns) break;
  }
  return text.substr(0, end);
}

std::string padded(const std::string& text, std::size_t columns) {
  return text + std::string(columns - std::min(columns, columns_of(text)), ' ');
}

std::string position_text(const RunConfig& config, const RunState& state) {
  const double steps_per_epoch = std::max<double>(1, static_cast<double>(state.steps_per_epoch));
  const auto step = static_cast<double>(state.step);
  if (config.budget.epochs > 0)
    return fmt::format("epoch {:.2f} of {:.6g}", step / steps_per_epoch, config.budget.epochs);
  if (config.budget.steps > 0) return fmt::format("step {:.0f} of {}", step, config.budget.steps);
  if (config.budget.samples > 0) return fmt::format("step {:.0f} of {}", step, state.last_step.load());
  return fmt::format("{:.0f} of {:.6g} s", state.train_seconds.load(), config.budget.seconds);
}

std::string metric_text(const RunConfig& config, double value) {
  if (std::isnan(value)) return "";
  return fmt::format("validation {} {:.4f}", with_blanks(task_of(config.dataset).reported().name), value);
}

TerminalSize terminal_size() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
  return {size.ws_col, size.ws_row};
}

}  // namespace

std::string duration_text(double seconds) {
  if (seconds < 0) return "?";
  if (seconds < 90) return fmt::format("{:.0f} s", seconds);
  if (seconds < 90 * 60) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.1f} h", seconds / 3600);
}

RunProgress describe_progress(std::string label, const RunConfig& config, const RunState& state,
                              double steps_per_second) {
  RunProgress progress;
  progress.label = std::move(label);
  if (state.first_step < 0) return progress;
  progress.position = position_text(config, state);
  progress.metric = metric_text(config, state.metric);
  if (steps_per_second > 0)
    progress.speed = fmt::format("{:.{}f} steps/s", steps_per_second, steps_per_second < 10 ? 1 : 0);
  return progress;
}

std::string progress_line(const SweepCounts& counts, double seconds_left, int width) {
  const int ended = counts.done + counts.failed;
  const auto filled = static_cast<std::size_t>(counts.runs > 0 ? width * ended / counts.runs : width);
  std::string line = fmt::format("[{}{}] {} of {} done, {} running, {} failed", std::string(filled, '#'),
                                 std::string(static_cast<std::size_t>(width) - filled, '.'), counts.done,
                                 counts.runs, counts.running, counts.failed);
  if (counts.stopping) return line + ", stopping";
  if (counts.waits_for_core) line += ", waiting for a core";
  if (seconds_left >= 0 && ended < counts.runs)
    line += fmt::format(", about {} left", duration_text(seconds_left));
  return line;
}

std::vector<std::string> progress_lines(const std::vector<RunProgress>& runs, const SweepCounts& counts,
                                        double seconds_left) {
  // What is told last is cut off first.
  constexpr std::array parts = {&RunProgress::label, &RunProgress::position, &RunProgress::metric,
                                &RunProgress::speed};
  std::vector<std::string> lines(runs.size());
  for (const auto part : parts) {
    std::size_t width = 0;
    for (const RunProgress& run : runs) width = std::max(width, columns_of(run.*part));
    if (width == 0) continue;
    for (std::size_t i = 0; i < runs.size(); ++i)
      lines[i] += (lines[i].empty() ? "" : "  ") + padded(runs[i].*part, width);
  }
  for (std::string& line : lines) line.erase(line.find_last_not_of(' ') + 1);
  lines.push_back(progress_line(counts, seconds_left));
  return lines;
}

std::vector<std::string> fitted(std::vector<std::string> lines, TerminalSize size) {
  const std::size_t rows = std::max<std::size_t>(1, size.rows - 1);
  if (lines.size() > rows) lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(rows));
  // A character in the last column would leave the cursor in a place that terminals disagree about.
  for (std::string& line : lines) line = cut(line, std::max<std::size_t>(2, size.columns) - 1);
  return lines;
}

std::string redrawn(const std::vector<std::string>& drawn, const std::vector<std::string>& lines,
                    TerminalSize size) {
  std::size_t rows = 0;  // that the old lines fill by now: a terminal that got narrower wraps them
  for (const std::string& line : drawn)
    rows += std::max<std::size_t>(1, (columns_of(line) + size.columns - 1) / size.columns);
  std::string text = "\r";
  if (rows > 1) text += fmt::format("\x1b[{}A", rows - 1);
  text += "\x1b[J";
  for (std::size_t i = 0; i < lines.size(); ++i) text += (i == 0 ? "" : "\n") + lines[i];
  return text;
}

Progress::Progress() : terminal_(isatty(STDERR_FILENO) != 0) {}

Progress::~Progress() {
  clear();
}

bool Progress::due() const {
  constexpr auto pause = std::chrono::milliseconds(250);
  return terminal_ && (drawn_.empty() || std::chrono::steady_clock::now() - last_drawn_ >= pause);
}

void Progress::draw(std::vector<std::string> lines) {
  const TerminalSize size = terminal_size();
  for (std::string& line : lines) line = printable(line);
  lines = fitted(std::move(lines), size);
  print_error(redrawn(drawn_, lines, size));
  drawn_ = std::move(lines);
  last_drawn_ = std::chrono::steady_clock::now();
}

void Progress::say(std::string_view message) {
  clear();
  log_message(message);
}

void Progress::clear() {
  if (drawn_.empty()) return;
  print_error(redrawn(drawn_, {}, terminal_size()));
  drawn_.clear();
}

}  // namespace normlab
