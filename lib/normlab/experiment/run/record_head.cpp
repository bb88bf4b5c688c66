#include "normlab/experiment/run/record_head.h"

#include "normlab/experiment/config/config_json.h"
#include "normlab/tasks/registry.h"

namespace normlab {

RecordHead record_head(const RunConfig& config, const Placement& placement) {
  return {to_json(config), to_json(describe_environment(config.threads, placement)),
          task_of(config.dataset).metrics};
}

}  // namespace normlab
