#include "normlab/records/times.h"

#include "fuzz/fuzz_checks.h"
#include "normlab/analysis/export/times_text.h"
#include "normlab/records/run_id.h"

namespace normlab::fuzz {
namespace {

using nlohmann::json;

// Puts right what almost every change of settings puts wrong, so that what comes behind is reached.
std::string with_cells_put_right(std::string_view text) {
  json times;
  if (!accepted([&] { times = parse_sorted_json(text, "times"); })) return std::string(text);
  if (!times.is_object() || !times.contains("cells") || !times["cells"].is_array()) return std::string(text);
  for (json& cell : times["cells"]) {
    if (!cell.is_object() || !cell.contains("settings")) continue;
    const std::string name = cell_of_config(cell["settings"]);
    if (!name.empty()) cell["cell"] = name;
  }
  return times.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

// A file of step times.
bool fuzz_times(ByteSpan input) {
  const std::string text = with_cells_put_right(InputReader(input).text());
  const MemoryFile file(bytes_of(text));
  return accepted([&] {
    const StepTimesRecord times = load_step_times(file.path(), "times");
    require_lines(render_step_times(times));
    for (const std::string& warning : noise_warnings(times))
      require(!warning.empty(), "a warning says something");
    const Json written = to_json(times);
    const std::string dumped = written.dump(1, ' ', false, Json::error_handler_t::replace);
    const MemoryFile copy(bytes_of(dumped));
    const StepTimesRecord again = never_refused([&] { return load_step_times(copy.path(), "times"); });
    require(to_json(again).dump() == written.dump(), "times that are written and read again are the same");
  });
}

}  // namespace normlab::fuzz
