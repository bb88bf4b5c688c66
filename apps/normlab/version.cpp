#include <fmt/format.h>

#include "commands.h"
#include "normlab/core/parallel.h"
#include "normlab/experiment/run/environment.h"

std::string version_text() {
  const normlab::Environment environment = normlab::describe_environment(normlab::thread_count());
  return fmt::format(
      "normlab    {}\n"
      "oneDNN     {} loaded, built against {}\n"
      "Highway    {}\n"
      "compiler   {}, {}, {}\n"
      "CPU        {}, kernels for {}\n"
      "threads    {} by default on {} usable core{}\n"
      "system     {}",
      environment.normlab, environment.onednn, environment.onednn_built, environment.highway,
      environment.compiler, environment.build_type, environment.compiler_flags, environment.cpu,
      environment.simd, 1, environment.cores, environment.cores == 1 ? "" : "s",
      environment.operating_system);
}
