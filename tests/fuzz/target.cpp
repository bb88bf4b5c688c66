#include <optional>

#include "fuzz/fuzz_checks.h"
#include "normlab/train/target.h"

namespace normlab::fuzz {

// First byte: the unit of the text, if it is one; then the target as written.
bool fuzz_target(ByteSpan input) {
  InputReader reader(input);
  static constexpr std::optional<TextUnit> units[] = {std::nullopt, TextUnit::character, TextUnit::byte};
  const std::optional<TextUnit> unit = units[reader.byte() % 3];
  const std::string_view text = reader.text();
  return accepted([&] {
    const Target target = parse_target(text, unit);
    const Target again = never_refused([&] { return parse_target(target.text(), unit); });
    require(
        again.split == target.split && again.metric == target.metric && again.threshold == target.threshold,
        "a target that is written and read again is the same");
    require(again.text() == target.text(), "a target has one canonical form");
  });
}

}  // namespace normlab::fuzz
