#include "normlab/experiment/process/stop_signals.h"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <initializer_list>

namespace normlab {
namespace {

std::atomic<bool> stop{false};
std::atomic<int> stops{0};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free,
              "signal handlers set them");

// A signal handler may read these: names are complete before the count says that they are there.
constexpr int most_folders = 256;
std::array<const char*, most_folders> folders{};
std::atomic<int> folder_count{0};

void exit_now(int) {
  for (int i = folder_count - 1; i >= 0; --i) ::rmdir(folders[static_cast<std::size_t>(i)]);
  ::_exit(130);
}

sigset_t stop_signal_set() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
  return set;
}

void request_stop(int) {
  stop = true;
}

void count_stop(int) {
  ++stops;
}

void handle(std::initializer_list<int> signals, void (*handler)(int), int flags) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigemptyset(&action.sa_mask);
  for (const int signal : signals) {
    struct sigaction before {};
    sigaction(signal, nullptr, &before);
    // nohup, and a shell script's "&", mean their signals to be ignored.
    if (signal == SIGTERM || before.sa_handler != SIG_IGN) sigaction(signal, &action, nullptr);
  }
}

}  // namespace

void exit_on_signals() {
  handle({SIGINT, SIGTERM, SIGHUP}, exit_now, 0);
}

void exit_when_parent_asks() {
  handle({SIGINT}, SIG_IGN, 0);
  handle({SIGTERM, SIGHUP}, exit_now, 0);
}

void remove_on_exit(const std::filesystem::path& folder) {
  if (folder_count == most_folders) return;
  folders[static_cast<std::size_t>(folder_count)] = ::strdup(folder.c_str());
  ++folder_count;
}

SignalsHeld::SignalsHeld() {
  const sigset_t set = stop_signal_set();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

SignalsHeld::~SignalsHeld() {
  const sigset_t set = stop_signal_set();
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

const std::atomic<bool>& stop_flag() {
  return stop;
}

const std::atomic<bool>& stop_on_signals() {
  handle({SIGINT, SIGTERM, SIGHUP}, request_stop, static_cast<int>(SA_RESETHAND | SA_RESTART));
  return stop;
}

const std::atomic<int>& count_stop_signals() {
  handle({SIGINT, SIGTERM, SIGHUP}, count_stop, SA_RESTART);
  return stops;
}

const std::atomic<bool>& stop_when_parent_asks() {
  handle({SIGINT}, SIG_IGN, 0);
  handle({SIGTERM, SIGHUP}, request_stop, SA_RESTART);
  return stop;
}

}  // namespace normlab
