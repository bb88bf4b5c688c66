#include "normlab/bench/quiet_cores.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <thread>
#include <utility>

#include "normlab/core/process.h"
#include "normlab/experiment/process/cores.h"

namespace normlab::bench {
namespace {

std::vector<int> last_first(std::vector<int> cores) {
  std::ranges::reverse(cores);
  return cores;
}

// All processes' time on all cores, in seconds, from the first line of /proc/stat: "cpu", then user, nice,
// system, idle, iowait, irq, softirq, … in ticks.
std::optional<double> busy_seconds() {
  std::ifstream stream("/proc/stat");
  std::string name;
  double user = 0, nice = 0, system = 0;
  if (!(stream >> name >> user >> nice >> system) || name != "cpu") return std::nullopt;
  return (user + nice + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace

QuietCores::QuietCores(int count, std::string_view what, const std::function<void(std::string_view)>& tell)
    : before_(available_cores()), shared_(last_first(before_)) {
  std::optional<CoreLease> lease = shared_.lease(count);
  for (bool told = false; !lease; lease = shared_.lease(count)) {
    if (!std::exchange(told, true))
      tell(fmt::format("waiting for {}; {}", count == 1 ? "a core" : "cores", shared_.holders()));
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  lease_ = std::move(*lease);
  lease_.name_holder(::getpid(), what);
  if (CoreMask(lease_.cores()).pin_this_process()) pinned_ = lease_.cores();
}

QuietCores::~QuietCores() {
  CoreMask(before_).pin_this_process();
}

std::vector<std::string> QuietCores::problems() const {
  std::vector<std::string> problems;
  if (!shared_.problem().empty())
    problems.push_back(fmt::format("cores are not shared out with other runs: {}", shared_.problem()));
  if (pinned_.empty()) problems.emplace_back("what was measured could not be pinned to a core");
  return problems;
}

MachineWatch::MachineWatch()
    : wall_(monotonic_seconds()), own_(process_cpu_seconds()), all_(busy_seconds()) {}

double MachineWatch::busy_cores() const {
  const std::optional<double> all = busy_seconds();
  const double wall = monotonic_seconds() - wall_;
  if (!all_ || !all || !(wall > 0)) return 0;
  return std::max(0.0, (*all - *all_ - (process_cpu_seconds() - own_)) / wall);
}

}  // namespace normlab::bench
