// SIGINT, SIGTERM and SIGHUP as a wish to stop after a checkpoint.
#pragma once

#include <atomic>
#include <filesystem>

namespace normlab {

// During set-up, when there is nothing to keep: from now on the first such signal ends the process at once
// with status 130, until one of the functions below is called.
void exit_on_signals();

// The same for a child of a sweep, which ignores SIGINT.
void exit_when_parent_asks();

// An empty folder that exit_on_signals() removes when it ends the process; inner ones are named later.
void remove_on_exit(const std::filesystem::path& folder);

// Holds these signals back while it lives, for what must be done whole.
class SignalsHeld {
 public:
  SignalsHeld();
  ~SignalsHeld();
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;
};

// The flag that the functions below set, which is not set before one of them is called.
const std::atomic<bool>& stop_flag();

// From now on the first such signal sets the flag that is returned; a second one ends the process at once, as
// it would without us.
const std::atomic<bool>& stop_on_signals();

// For the parent of a sweep: counts the signals, and leaves it to the caller what a second one means.
const std::atomic<int>& count_stop_signals();

// As stop_on_signals, for a child of a sweep: SIGINT is ignored, because a terminal sends it to the whole
// group and the parent decides; SIGTERM and SIGHUP set the flag however often they come.
const std::atomic<bool>& stop_when_parent_asks();

}  // namespace normlab
