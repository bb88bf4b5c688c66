#include "normlab/experiment/stop_signals.h"

#include <signal.h>

#include <initializer_list>

namespace normlab {
namespace {

std::atomic<bool> stop{false};
std::atomic<int> stops{0};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free,
              "signal handlers set them");

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
