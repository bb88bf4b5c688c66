#include "timing.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "normlab/core/error.h"
#include "normlab/core/file.h"
#include "normlab/core/log.h"
#include "normlab/core/text.h"
#include "normlab/core/writable_folder.h"
#include "normlab/experiment/process/stop_signals.h"
#include "normlab/experiment/run/environment.h"
#include "normlab/experiment/run/run_store_checks.h"
#include "normlab/experiment/run/sweep_folder.h"
#include "normlab/records/fields.h"

namespace {

using normlab::bench::Cell;
using std::filesystem::path;

std::optional<normlab::StepTimesRecord> times_in(const path& folder) {
  if (!normlab::is_file(folder / "times.json")) return std::nullopt;
  try {
    return normlab::load_step_times(folder / "times.json", "out");
  } catch (const normlab::RequestError&) {
    return std::nullopt;
  }
}

std::set<std::string> names_of(const std::vector<Cell>& cells) {
  std::set<std::string> names;
  for (const Cell& cell : cells) names.insert(cell.name);
  return names;
}

// Where the folder is a sweep's, all cells have to be that sweep's.
void require_cells_of_sweep(const path& folder, const std::vector<Cell>& cells) {
  if (!normlab::holds_sweep_file(folder)) return;
  const std::vector<normlab::SweepRun> runs =
      normlab::expand(normlab::load_sweep_spec(folder / "sweep.json"));
  const std::set<std::string> there = names_of(normlab::bench::cells_of(runs));
  for (const Cell& cell : cells) {
    if (there.contains(cell.name)) continue;
    normlab::refuse(
        "out", normlab::quotation(folder.string()),
        fmt::format("it holds the results of a sweep without {}, so give another folder with --out",
                    cell.name));
  }
}

void require_no_time_lost(const path& folder, const std::vector<Cell>& cells) {
  const std::optional<normlab::StepTimesRecord> times = times_in(folder);
  if (!times) return;
  const std::set<std::string> wanted = names_of(cells);
  for (const normlab::CellTimes& cell : times->cells) {
    if (wanted.contains(cell.cell)) continue;
    normlab::refuse(
        "out", normlab::quotation(folder.string()),
        fmt::format("its times.json has the time of {}, which would be lost, so give another folder "
                    "with --out",
                    normlab::shortened(cell.cell)));
  }
}

bool is_of_this_machine(const normlab::StepTimesRecord& times) {
  const nlohmann::json here = normlab::to_json(normlab::describe_environment(1));
  return std::ranges::all_of(
      std::array{"cpu", "simd", "normlab", "onednn", "compiler", "compiler_flags"}, [&](const char* field) {
        return normlab::text_at(here, field) == normlab::text_at(times.environment, field);
      });
}

}  // namespace

normlab::Index read_rounds(const std::string& text) {
  const normlab::Json rounds = normlab::parse_shell_value(text);
  const bool fits = rounds.is_number_integer() &&
                    rounds.get<std::int64_t>() >= normlab::bench::fewest_rounds &&
                    rounds.get<std::int64_t>() <= normlab::bench::most_rounds;
  if (!fits) {
    normlab::refuse("rounds", text,
                    fmt::format("an integer from {} to {} is", normlab::bench::fewest_rounds,
                                normlab::bench::most_rounds));
  }
  return rounds.get<normlab::Index>();
}

bool takes_threads(const std::vector<Cell>& cells) {
  return std::ranges::any_of(cells, [](const Cell& cell) { return cell.run->config.threads > 1; });
}

void require_usable_for_times(const path& folder, const std::vector<Cell>& cells) {
  require_cells_of_sweep(folder, cells);
  require_room_for_times(folder, cells);
}

void require_room_for_times(const path& folder, const std::vector<Cell>& cells) {
  normlab::require_place_of_times(folder);
  require_no_time_lost(folder, cells);
  normlab::require_room_for_folder(folder, "out");
}

bool has_times(const path& folder, const std::vector<Cell>& cells, const normlab::bench::CellEffort& effort) {
  const std::optional<normlab::StepTimesRecord> times = times_in(folder);
  return times && times->rounds >= effort.rounds && is_of_this_machine(*times) && has_all_of(*times, cells);
}

bool has_all_of(const normlab::StepTimesRecord& times, const std::vector<Cell>& cells) {
  std::set<std::string> there;
  for (const normlab::CellTimes& cell : times.cells) there.insert(cell.cell);
  return std::ranges::includes(there, names_of(cells));
}

normlab::StepTimesRecord measure_into_folder(const std::vector<Cell>& cells, const TimingOptions& options) {
  normlab::require_writable_folder(options.folder, "out");
  normlab::StepTimesRecord times = normlab::bench::measure_cells(
      options.experiment, cells, options.effort, [](std::string_view what) { normlab::log_info(what); });
  const path file = options.folder / "times.json";
  const normlab::SignalsHeld held;
  if (normlab::is_file(file) && !times_in(options.folder)) {
    normlab::log_warning(fmt::format("{} is damaged, and set aside as {}", normlab::shortened(file.string()),
                                     normlab::set_aside(file).filename().string()));
  }
  normlab::write_whole(file, normlab::to_json(times).dump(1) + "\n");
  for (const std::string& warning : normlab::noise_warnings(times)) normlab::log_warning(warning);
  return times;
}
