#include "fuzz/settings_checks.h"

#include "fuzz/fuzz_checks.h"
#include "normlab/experiment/config/config_json.h"
#include "normlab/records/record.h"
#include "normlab/train/requirements.h"

namespace normlab::fuzz {

void require_same_again(const RunConfig& config) {
  const Json written = to_json(config);
  const RunConfig again = never_refused([&] { return resolve(parse_json(record_text(written), "config")); });
  require(to_json(again) == written,
          "a config that is written and read again is the same: " + written.dump());
  require(run_id(again) == run_id(config), "a config that is written and read again has the same id");
  require(undefined_reason(again) == undefined_reason(config), "and is defined as before");
}

void require_same_again(const SweepSpec& spec) {
  constexpr std::size_t most_runs = 32;
  std::size_t runs = 1;
  for (const Axis& axis : spec.grid) runs = std::min(runs * axis.values.size(), most_runs + 1);
  if (runs > most_runs) return;
  for (const SweepRun& run : expand(spec)) require_same_again(run.config);

  const Json written = to_json(spec);
  const SweepSpec again = never_refused([&] {
    Json read = parse_json(record_text(written), "spec");
    read.erase("schema");
    return parse_sweep_spec(read, "other");
  });
  require(to_json(again) == written, "a spec that is written and read again is the same: " + written.dump());
}

}  // namespace normlab::fuzz
