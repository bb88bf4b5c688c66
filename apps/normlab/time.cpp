// normlab time: how long a training step takes in every cell of an experiment, apart from its runs.
#include <fmt/format.h>

#include <algorithm>

#include "commands.h"
#include "normlab/analysis/export/times_text.h"
#include "normlab/core/error.h"
#include "normlab/core/log.h"
#include "normlab/core/process.h"
#include "normlab/core/standard_streams.h"
#include "normlab/core/text.h"
#include "normlab/data/unpacked_files.h"
#include "normlab/experiment/spec/shell_changes.h"
#include "normlab/experiment/sweep/sweep_needs.h"
#include "normlab/experiment/tune/tuned.h"
#include "normlab/records/run_id.h"
#include "settings.h"
#include "timing.h"

namespace {

using normlab::SweepRun;

struct TimeArguments {
  std::string spec_file, out;
  std::string rounds = "15", order_seed = "1";
  std::vector<std::string> set;
  bool json = false, quiet = false;
};

normlab::SweepSpec read_timed_spec(const TimeArguments& arguments) {
  normlab::SweepSpec spec = normlab::load_sweep_spec(arguments.spec_file);
  std::vector<normlab::ShellSetting> settings;
  settings.reserve(arguments.set.size());
  for (const std::string& text : arguments.set) settings.push_back(normlab::parse_shell_setting(text));
  normlab::apply_shell_settings(spec, settings);
  return spec;
}

normlab::bench::CellEffort read_effort(const TimeArguments& arguments) {
  normlab::bench::CellEffort effort;
  effort.rounds = read_rounds(arguments.rounds);
  const normlab::Json seed = normlab::parse_shell_value(arguments.order_seed);
  if (!seed.is_number_unsigned())
    normlab::refuse("order-seed", arguments.order_seed, "an integer from 0 to 2^64 - 1 is");
  effort.order_seed = seed.get<std::uint64_t>();
  return effort;
}

bool changes_time(const std::string& setting) {
  normlab::Json settings = normlab::Json::object();
  normlab::set_setting(settings, setting, 0);
  const normlab::Json timed = normlab::timed_settings(settings);
  return normlab::find_setting(timed, setting) != nullptr;
}

// With what a search chose. One that is still to be made does not matter where it leaves the times alone.
normlab::SweepSpec with_known_choices(normlab::SweepSpec spec, const std::filesystem::path& folder) {
  constexpr std::uint64_t max_runs = normlab::default_max_runs;
  if (!spec.tuned.empty()) return normlab::with_choices(spec, normlab::read_tuned(spec.tuned), max_runs);
  if (!spec.tune) return spec;
  const auto tuned = normlab::read_tuned_before(folder, *spec.tune);
  if (tuned && normlab::has_all_choices(spec, *tuned, max_runs))
    return normlab::with_choices(spec, *tuned, max_runs);
  for (const normlab::SearchSetting& setting : spec.tune->space) {
    if (!changes_time(setting.path)) continue;
    normlab::refuse("tune.space." + setting.path, "what is still to be searched for",
                    "it changes how long a step takes, so \"normlab sweep\" with its results in the same "
                    "folder comes first, and a search that is done");
  }
  return spec;
}

int time_experiment(const TimeArguments& arguments) {
  normlab::SweepSpec spec = read_timed_spec(arguments);
  const std::filesystem::path folder = arguments.out.empty() ? "results/" + spec.name : arguments.out;
  spec = with_known_choices(spec, folder);
  const normlab::bench::CellEffort effort = read_effort(arguments);
  const std::vector<SweepRun> runs = normlab::expand(spec);
  const std::vector<normlab::bench::Cell> cells = normlab::bench::cells_of(runs);
  if (cells.empty())
    normlab::refuse("spec", normlab::quotation(spec.name), "an experiment with a run that is defined is");
  if (takes_threads(cells)) normlab::limit_spinning();
  std::vector<SweepRun> timed;
  timed.reserve(cells.size());
  for (const normlab::bench::Cell& cell : cells) timed.push_back(*cell.run);
  normlab::set_quiet(arguments.quiet);
  normlab::unpacked_files().set_sharing(true);
  normlab::check_runs_against_data(timed, 1);
  require_usable_for_times(folder, cells);
  const normlab::StepTimesRecord times = measure_into_folder(cells, {spec.name, folder, effort});
  normlab::log_info(fmt::format("the times are in {}", (folder / "times.json").string()));
  normlab::print_out(arguments.json ? normlab::to_json(times).dump(1) + "\n"
                                    : normlab::render_step_times(times));
  return 0;
}

}  // namespace

void add_time(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand("time",
                                             "Measure how long a training step takes for each combination of "
                                             "an experiment's settings, apart from its runs");
  auto arguments = std::make_shared<TimeArguments>();
  add_spec_options(*command, arguments->spec_file, arguments->set);
  command
      ->add_option("--rounds", arguments->rounds,
                   "Rounds in which each combination has a turn, at least 15; more narrow the intervals "
                   "[default: 15]")
      ->type_name("N");
  command
      ->add_option("--order-seed", arguments->order_seed,
                   "Seed of the order of turns in a round [default: 1]")
      ->type_name("N");
  command
      ->add_option("--out", arguments->out,
                   "Folder into which times.json goes [default: results/NAME, the sweep's]")
      ->type_name("FOLDER");
  command->add_flag("--json", arguments->json, "Print times.json in place of tables [default: off]");
  command->add_flag("--quiet", arguments->quiet, "No progress on standard error [default: off]");
  command->callback([&action, arguments] { action = [arguments] { return time_experiment(*arguments); }; });
}
