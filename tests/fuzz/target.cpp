#include "normlab/train/target.h"
#include "fuzz/fuzz_checks.h"
#include "normlab/tasks/registry.h"

namespace normlab::fuzz {

// First byte: which task; then the target as written.
bool fuzz_target(ByteSpan input) {
  InputReader reader(input);
  const std::vector<Metric>& metrics = all_tasks()[reader.byte() % all_tasks().size()]->metrics;
  const std::string_view text = reader.text();
  return accepted([&] {
    const Target target = parse_target(text, metrics);
    const Target again = never_refused([&] { return parse_target(target.text(), metrics); });
    require(again.split == target.split && again.place == target.place && again.threshold == target.threshold,
            "a target that is written and read again is the same");
    require(again.text() == target.text(), "a target has one canonical form");
  });
}

}  // namespace normlab::fuzz
