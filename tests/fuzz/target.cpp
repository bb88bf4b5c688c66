#include <string>

#include "fuzz/fuzz_checks.h"
#include "normlab/train/target.h"

namespace normlab::fuzz {

// First byte: whether the task is a text; then the target as written.
void fuzz_target(Bytes input) {
  InputReader reader(input);
  const bool text_task = (reader.byte() & 1) != 0;
  const std::string_view text = reader.text();
  accepted([&] {
    const Target target = parse_target(text, text_task);
    const Target again = never_refused([&] { return parse_target(target.text(), text_task); });
    require(
        again.split == target.split && again.metric == target.metric && again.threshold == target.threshold,
        "a target that is written and read again is the same");
    require(again.text() == target.text(), "a target has one canonical form");
  });
}

}  // namespace normlab::fuzz
