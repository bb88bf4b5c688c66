#include "normlab/experiment/cell.h"

#include "normlab/core/file.h"
#include "normlab/experiment/config_json.h"
#include "normlab/experiment/record.h"
#include "normlab/experiment/stop_signals.h"
#include "normlab/train/trainer.h"

namespace normlab {

int run_cell(const RunConfig& config, const CellFiles& files) {
  RunOptions options;
  options.checkpoint = files.checkpoint;
  options.checkpoint_seconds = files.checkpoint_seconds;
  options.identity = run_id(config);
  options.stop = &stop_when_parent_asks();
  const RunResult result = train(config, options);
  write_whole(files.record, record_text(make_record(config, result)));
  return result.status == RunStatus::interrupted ? 130 : 0;
}

}  // namespace normlab
