#include <fmt/format.h>
#include <fmt/ranges.h>

#include "fuzz/fuzz_checks.h"
#include "fuzz/settings_checks.h"
#include "normlab/experiment/config/json.h"
#include "normlab/experiment/spec/shell_changes.h"

namespace normlab::fuzz {
namespace {

std::string written(const ShellSetting& setting) {
  std::vector<std::string> values;
  for (const Json& value : setting.values) values.push_back(value.dump());
  return fmt::format("{}={}", setting.path, fmt::join(values, ","));
}

ShellSetting parse_and_check(std::string_view text) {
  ShellSetting setting = parse_shell_setting(text);
  const ShellSetting again = never_refused([&] { return parse_shell_setting(written(setting)); });
  require(again.path == setting.path && again.values == setting.values,
          "a setting that is written and read again is the same: " + written(setting));
  for (const Json& value : setting.values) {
    Json settings = Json::object();
    set_setting(settings, setting.path, value);
    const Json* found = find_setting(settings, setting.path);
    require(found != nullptr && *found == value, "what is set is found: " + written(setting));
  }
  return setting;
}

}  // namespace

// Lines as they stand behind --set, all for one sweep.
bool fuzz_shell_setting(ByteSpan input) {
  std::string_view text = InputReader(input).text();
  return accepted([&] {
    SweepSpec spec{.name = "experiment"};
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      apply_shell_setting(spec, parse_and_check(text.substr(0, end)));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    if (!spec.grid.empty() || !spec.base.empty()) require_same_again(spec);
  });
}

}  // namespace normlab::fuzz
