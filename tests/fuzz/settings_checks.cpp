#include "fuzz/settings_checks.h"

#include "fuzz/fuzz_checks.h"
#include "normlab/experiment/config_json.h"
#include "normlab/experiment/record.h"
#include "normlab/train/trainer.h"

namespace normlab::fuzz {

void require_same_again(const RunConfig& config) {
  const Json written = to_json(config);
  const RunConfig again = resolve(parse_json(record_text(written), "config"));
  require(to_json(again) == written, "a config that is written and read again is the same: " + written.dump());
  require(run_id(again) == run_id(config), "a config that is written and read again has the same id");
  require(undefined_reason(again) == undefined_reason(config), "and is defined as before");
}

void require_same_again(const SweepSpec& spec) {
  const Json written = to_json(spec);
  Json without_schema = parse_json(record_text(written), "spec");
  without_schema.erase("schema");
  require(to_json(parse_sweep_spec(without_schema, "other")) == written,
          "a spec that is written and read again is the same: " + written.dump());
  constexpr std::size_t most_cells = 32;
  std::size_t cells = 1;
  for (const Axis& axis : spec.grid) cells *= std::min(axis.values.size(), most_cells + 1);
  if (cells > most_cells) return;
  for (const SweepCell& cell : expand(spec)) require_same_again(cell.config);
}

}  // namespace normlab::fuzz
