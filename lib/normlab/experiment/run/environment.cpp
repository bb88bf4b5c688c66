#include "normlab/experiment/run/environment.h"

#include <fmt/format.h>
#include <hwy/base.h>
#include <hwy/highway.h>
#include <hwy/targets.h>
#include <sys/utsname.h>

#include <fstream>

#include "normlab/experiment/process/cores.h"
#include "normlab/onednn/version.h"

namespace normlab {
namespace {

std::string cpu_model() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.rfind("model name", 0) != 0) continue;
    const std::size_t start = line.find_first_not_of(" \t", line.find(':') + 1);
    if (start != std::string::npos) return line.substr(start);
  }
  return "unknown";
}

std::string operating_system() {
  utsname names{};
  if (uname(&names) != 0) return "unknown";
  return fmt::format("{} {} {}", names.sysname, names.release, names.machine);
}

// Highway numbers its targets so that the best one is the lowest bit that is set.
std::string simd_target() {
  const auto usable = hwy::SupportedTargets() & HWY_TARGETS;
  return hwy::TargetName(usable & -usable);
}

}  // namespace

Environment describe_environment(int threads, const Placement& placement) {
  Environment environment;
  environment.normlab = NORMLAB_VERSION;
  environment.onednn = onednn::version_at_run();
  environment.onednn_built = onednn::version_at_build();
  environment.highway = fmt::format("{}.{}", HWY_MAJOR, HWY_MINOR);
  environment.compiler = NORMLAB_COMPILER;
  environment.build_type = NORMLAB_BUILD_TYPE;
  environment.compiler_flags = NORMLAB_COMPILER_FLAGS;
  environment.cpu = cpu_model();
  environment.simd = simd_target();
  environment.cores = machine_cores();
  environment.placement = placement;
  environment.threads = threads;
  environment.operating_system = operating_system();
  return environment;
}

Json to_json(const Environment& environment) {
  return {{"normlab", environment.normlab},
          {"onednn", environment.onednn},
          {"onednn_built", environment.onednn_built},
          {"highway", environment.highway},
          {"compiler", environment.compiler},
          {"build_type", environment.build_type},
          {"compiler_flags", environment.compiler_flags},
          {"cpu", environment.cpu},
          {"simd", environment.simd},
          {"cores", environment.cores},
          {"pinned_cores", environment.placement.pinned_cores},
          {"jobs", environment.placement.jobs},
          {"threads", environment.threads},
          {"operating_system", environment.operating_system}};
}

}  // namespace normlab
