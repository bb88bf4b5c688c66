#include "normlab/experiment/cell.h"

#include "normlab/core/file.h"
#include "normlab/experiment/config_json.h"
#include "normlab/experiment/record.h"
#include "normlab/experiment/stop_signals.h"

namespace normlab {

RunResult train_and_record(const RunConfig& config, RunOptions options, const std::filesystem::path& record) {
  options.identity = run_id(config);
  RunResult result = train(config, options);
  write_whole(record, record_text(make_record(config, result)));
  if (result.status != RunStatus::interrupted && !options.checkpoint.empty()) {
    std::error_code ignored;
    std::filesystem::remove(options.checkpoint, ignored);
  }
  return result;
}

int run_cell(const RunConfig& config, const CellFiles& files) {
  RunOptions options;
  options.checkpoint = files.checkpoint;
  options.checkpoint_seconds = files.checkpoint_seconds;
  options.stop = &stop_when_parent_asks();
  const RunResult result = train_and_record(config, options, files.record);
  return result.status == RunStatus::interrupted ? 130 : 0;
}

}  // namespace normlab
