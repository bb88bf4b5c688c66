#include "normlab/core/process.h"

#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "normlab/core/parallel.h"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace normlab {
namespace {

double read_clock(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

}  // namespace

double monotonic_seconds() {
  return read_clock(CLOCK_MONOTONIC);
}

double process_cpu_seconds() {
  return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

double thread_cpu_seconds() {
  return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

double seconds_since_process_start() {
  std::ifstream file("/proc/self/stat");
  std::string content;
  std::getline(file, content);
  const std::size_t name_end = content.rfind(')');  // the name may contain blanks
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(content.substr(name_end + 1));
  std::string field;
  for (int i = 3; i <= 21; ++i)
    fields >> field;  // the 22nd field is the start time in clock ticks since boot
  double ticks = 0;
  fields >> ticks;
  return read_clock(CLOCK_BOOTTIME) - ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::size_t peak_resident_bytes() {
  // Not getrusage: its maximum survives exec(), so a child would report its parent's.
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("VmHWM:")) return std::stoull(line.substr(6)) * 1024;
  }
  return 0;
}

std::string utc_time(double seconds_ago) {
  const auto start = static_cast<time_t>(read_clock(CLOCK_REALTIME) - seconds_ago);
  tm parts{};
  ::gmtime_r(&start, &parts);
  char text[32] = {};
  ::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

void set_process_name(const char* name) {
  ::prctl(PR_SET_NAME, name);
}

void limit_spinning() {
  if (std::getenv("OMP_WAIT_POLICY") != nullptr || std::getenv("GOMP_SPINCOUNT") != nullptr) return;
  std::ifstream file("/proc/self/cmdline");
  std::vector<std::string> arguments;
  for (std::string argument; std::getline(file, argument, '\0');) arguments.push_back(argument);
  std::vector<char*> list;
  list.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) list.push_back(argument.data());
  list.push_back(nullptr);
  ::setenv("GOMP_SPINCOUNT", spins_before_sleep, 1);
  ::execv("/proc/self/exe", list.data());
}

void flush_subnormals() {
#if defined(__SSE2__)
  detail::run_on_threads(thread_count(), nullptr, [](void*, int) {
    constexpr unsigned flush_to_zero = 0x8000, denormals_are_zero = 0x0040;
    _mm_setcsr(_mm_getcsr() | flush_to_zero | denormals_are_zero);
  });
#endif
}

}  // namespace normlab
