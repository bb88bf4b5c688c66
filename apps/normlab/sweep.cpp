// normlab sweep: every run of a grid, side by side, and again where an earlier sweep stopped.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "commands.h"
#include "normlab/analysis/build_report.h"
#include "normlab/analysis/export/format.h"
#include "normlab/analysis/export/summary.h"
#include "normlab/core/error.h"
#include "normlab/core/file.h"
#include "normlab/core/log.h"
#include "normlab/core/process.h"
#include "normlab/core/standard_streams.h"
#include "normlab/core/text.h"
#include "normlab/data/unpacked_files.h"
#include "normlab/experiment/config/config_json.h"
#include "normlab/experiment/process/stop_signals.h"
#include "normlab/experiment/run/extended_spec.h"
#include "normlab/experiment/run/run_store.h"
#include "normlab/experiment/run/run_store_checks.h"
#include "normlab/experiment/run/sweep_folder.h"
#include "normlab/experiment/spec/shell_changes.h"
#include "normlab/experiment/spec/sweep_spec.h"
#include "normlab/experiment/sweep/dry_run.h"
#include "normlab/experiment/sweep/progress.h"
#include "normlab/experiment/sweep/run_sweep.h"
#include "normlab/experiment/sweep/sweep_needs.h"
#include "normlab/experiment/tune/tune_sweep.h"
#include "normlab/experiment/tune/tuned.h"
#include "normlab/records/record.h"
#include "normlab/records/vocabulary.h"
#include "normlab/train/requirements.h"
#include "settings.h"
#include "timing.h"

namespace {

using normlab::SweepRun;
using normlab::SweepSpec;

struct SweepArguments {
  std::string spec_file, out, jobs, threads, seed, max_runs, tuned;
  std::string checkpoint_seconds = "30";
  std::vector<std::string> set;
  std::string rounds;
  bool dry_run = false, save_parameters = false, extend = false, timed = false;
};

SweepSpec read_spec(const SweepArguments& arguments) {
  SweepSpec spec = normlab::load_sweep_spec(arguments.spec_file);
  std::vector<normlab::ShellSetting> settings;
  if (!arguments.seed.empty()) settings.push_back(normlab::parse_shell_setting("seed=" + arguments.seed));
  for (const std::string& text : arguments.set) settings.push_back(normlab::parse_shell_setting(text));
  normlab::apply_shell_settings(spec, settings);
  if (!arguments.threads.empty()) {
    normlab::apply_shell_setting(spec, {"threads", {normlab::parse_shell_value(arguments.threads)}});
  }
  if (!arguments.tuned.empty()) {
    spec.tuned = arguments.tuned;
    spec.tune.reset();
  }
  return spec;
}

// The value of an option that counts something; `fallback` when it is not given.
std::int64_t read_count(const char* option, const std::string& text, std::int64_t fallback,
                        std::int64_t most) {
  if (text.empty()) return fallback;
  const normlab::Json value = normlab::parse_shell_value(text);
  if (!value.is_number_integer() || value.get<std::int64_t>() < 1 || value.get<std::int64_t>() > most) {
    normlab::refuse(option, text, fmt::format("an integer from 1 to {} is", most));
  }
  return value.get<std::int64_t>();
}

// A spec of the user's own must not be taken for what an earlier sweep left there.
void require_spec_elsewhere(const std::string& spec_file, const std::filesystem::path& folder) {
  const std::filesystem::path results = folder / "sweep.json";
  if (!normlab::is_same_file(spec_file, results) || normlab::holds_sweep_file(folder)) return;
  normlab::refuse("out", normlab::quotation(folder.string()),
                  "the spec itself stands where the results' sweep.json would go, so give another folder "
                  "with --out");
}

std::string time_text(const std::vector<SweepRun>& runs, const std::vector<normlab::RunNeeds>& needs,
                      int jobs) {
  constexpr double calibration_seconds = 3;
  normlab::TimeEstimate estimate(runs);
  const int tried = normlab::calibrate(runs, calibration_seconds, estimate);
  if (tried == 0) return "";
  const double seconds = normlab::estimated_seconds(runs, needs, estimate, jobs);
  return fmt::format(
      "all this takes about {} with {} job{} if every run uses up its budget, as a few steps of {} of the "
      "runs "
      "tell",
      normlab::duration_text(seconds), jobs, jobs == 1 ? "" : "s", tried);
}

// `tuned`: see run_table().
int print_runs(const std::vector<SweepRun>& runs, const std::vector<normlab::RunNeeds>& needs, int jobs,
               const std::filesystem::path& folder, const std::vector<std::string>& tuned = {}) {
  const auto undefined =
      std::count_if(runs.begin(), runs.end(), [](const SweepRun& run) { return run.undefined.has_value(); });
  normlab::print_out(normlab::run_table(runs, tuned));
  normlab::log_info(fmt::format("{} runs, {} of them undefined", runs.size(), undefined));
  std::vector<SweepRun> to_go;
  std::vector<normlab::RunNeeds> needs_to_go;
  double memory = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const bool ended =
        !runs[i].undefined && normlab::is_final_status(normlab::recorded_status(folder, runs[i]));
    if (ended) continue;
    to_go.push_back(runs[i]);
    needs_to_go.push_back(needs[i]);
    memory = std::max(memory, needs[i].memory);
  }
  if (const std::size_t ended = runs.size() - to_go.size(); ended > 0)
    normlab::log_info(fmt::format("{} of them are finished already, and are not done again", ended));
  if (!to_go.empty()) {
    normlab::log_info(
        fmt::format("the largest network takes about {} of memory beside the data, and {} run{} side by side",
                    normlab::bytes_text(memory), jobs, jobs == 1 ? "s" : ""));
  }
  if (const std::string text = time_text(to_go, needs_to_go, jobs); !text.empty()) normlab::log_info(text);
  return 0;
}

void print_results(normlab::RunStore& store) {
  const normlab::Report report = normlab::build_report(store.folder(), store.record_files());
  normlab::write_summary(store.folder(), report);
  normlab::print_out(normlab::render_report(report, "table"));
}

// How many runs have ended without their parameters saved.
std::size_t count_missing_parameters(const normlab::RunStore& store, const std::vector<SweepRun>& runs) {
  std::size_t missing = 0;
  for (const SweepRun& run : runs) {
    const bool trained = !run.undefined && normlab::is_final_status(store.status(run));
    if (trained && !normlab::is_file(store.parameters_path(run.id))) ++missing;
  }
  return missing;
}

// Those `before` this sweep are not done again unasked: that takes what the sweep took, and a run that then
// fails would cost a record. True when others could not be saved.
bool warn_of_missing_parameters(std::size_t before, std::size_t now, std::size_t runs) {
  if (before > 0) {
    normlab::log_warning(fmt::format(
        "{} of {} runs had ended without their parameters saved; a new folder (--out) has them all", before,
        runs));
  }
  if (now <= before) return false;
  normlab::log_warning(fmt::format(
      "the parameters of {} of {} runs could not be saved; their records are kept", now - before, runs));
  return true;
}

// They are not trained again unasked either, nor removed.
void warn_of_changed_data(const normlab::RunStore& store, const std::vector<SweepRun>& runs,
                          const std::vector<normlab::RunNeeds>& needs) {
  std::size_t finished = 0, changed = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const normlab::RunRecord* record = runs[i].undefined ? nullptr : store.record(runs[i]);
    if (record == nullptr || !normlab::is_final_status(record->status)) continue;
    ++finished;
    if (normlab::is_of_other_data(record->data_checksum, needs[i].checksum)) ++changed;
  }
  if (changed == 0) return;
  normlab::log_warning(
      fmt::format("{} of {} finished runs were trained on other data than is there now; a new folder (--out) "
                  "trains on what is there now",
                  changed, finished));
}

normlab::bench::CellEffort read_timing(const SweepArguments& arguments) {
  normlab::bench::CellEffort effort;
  if (arguments.rounds.empty()) return effort;
  if (!arguments.timed) normlab::refuse("rounds", arguments.rounds, "only with --timed it is");
  effort.rounds = read_rounds(arguments.rounds);
  return effort;
}

// Step times, measured when no run of the sweep is at work any longer; not again where they are there.
void measure_times(const TimingOptions& options, const std::vector<SweepRun>& runs) {
  const std::vector<normlab::bench::Cell> cells = normlab::bench::cells_of(runs);
  if (cells.empty()) return;
  if (has_times(options.folder, cells, options.effort)) {
    normlab::log_info("the step times are measured already");
    return;
  }
  normlab::exit_on_signals();  // the records are written, and an older times.json stays until the end
  measure_into_folder(cells, options);
}

// Before there are any choices, the folder can be refused for whatever else it holds.
void require_room_for_choices(const normlab::TuneRequest& request, const SweepSpec& spec,
                              const std::vector<SweepRun>& runs, bool extend) {
  if (extend) {
    normlab::require_extensible(request.folder, request.spec, request.max_runs);
    normlab::require_places(request.folder, runs);
    return;
  }
  normlab::require_usable_folder(request.folder, spec, runs, request.options.save_parameters,
                                 normlab::MayDiffer::choices);
}

// The trials of a sweep that is to be tuned, and then its runs as far as they are known before.
int print_tuning(const normlab::TuneRequest& request, bool extend) {
  const std::vector<SweepRun> trials = normlab::first_trials(request);
  const int jobs = normlab::resolve_jobs(request.options.jobs, trials);
  SweepSpec spec = request.spec;
  std::vector<std::string> open;
  const auto tuned = normlab::read_tuned_before(request.folder, *spec.tune);
  if (tuned && normlab::has_all_choices(spec, *tuned, request.max_runs)) {
    spec = normlab::with_choices(spec, *tuned, request.max_runs);
  } else {
    for (const normlab::SearchSetting& setting : spec.tune->space) open.push_back(setting.path);
  }
  const std::vector<SweepRun> runs = normlab::expand(spec, request.max_runs);
  require_room_for_choices(request, spec, runs, extend);
  normlab::log_info(
      "first the trials of the search, which may be cut early, or be followed by others where "
      "the best lies at an end of a range:");
  print_runs(trials, normlab::check_runs_against_data(trials, jobs).runs, jobs, request.folder / "tuning");
  normlab::log_info("then the runs with what was chosen:");
  return print_runs(runs, normlab::check_runs_against_data(runs, jobs).runs, jobs, request.folder, open);
}

// Looks for the settings that the spec leaves to a search, and leaves the spec with what was found. The exit
// status, where it is not for the sweep's own runs to say.
std::optional<int> tune(SweepSpec& spec, const std::filesystem::path& folder,
                        const normlab::SweepOptions& options, std::uint64_t max_runs, bool extend) {
  const std::vector<SweepRun> runs = normlab::expand(spec, max_runs);
  normlab::check_runs_against_data(runs, normlab::resolve_jobs(options.jobs, runs));
  const normlab::TuneRequest request{spec, folder, options, max_runs};
  require_room_for_choices(request, spec, runs, extend);
  normlab::first_trials(request);
  normlab::count_stop_signals();
  normlab::SweepOutcome outcome;
  const auto tuned = normlab::tune_sweep(request, outcome);
  if (outcome.interrupted) return interrupted();
  if (!tuned) {
    normlab::log_warning(fmt::format(
        "{} runs of the search failed; the same command tries them again, and then goes on", outcome.failed));
    return 1;
  }
  normlab::write_tuned(folder, *tuned);
  spec = normlab::with_choices(spec, normlab::choices_of(*tuned), max_runs);
  return std::nullopt;
}

// `timing`: measure the times of steps as well.
int run_and_report(normlab::RunStore& store, const std::vector<SweepRun>& runs,
                   const normlab::SweepOptions& options, const std::optional<TimingOptions>& timing) {
  const std::size_t missing = options.save_parameters ? count_missing_parameters(store, runs) : 0;
  const normlab::SweepOutcome outcome = normlab::run_sweep(store, runs, options);
  if (outcome.interrupted) return interrupted();
  const bool unsaved =
      options.save_parameters &&
      warn_of_missing_parameters(missing, count_missing_parameters(store, runs), runs.size());
  if (timing) measure_times(*timing, runs);
  print_results(store);
  if (outcome.failed > 0) {
    normlab::log_warning(
        fmt::format("{} of {} runs failed; the same command tries them again", outcome.failed, runs.size()));
    return 1;
  }
  return unsaved ? 1 : 0;
}

int sweep(const SweepArguments& arguments) {
  SweepSpec spec = read_spec(arguments);
  const normlab::bench::CellEffort timing = read_timing(arguments);
  // This process takes steps itself, of as many threads as a run has.
  if (arguments.timed) normlab::limit_spinning();
  const normlab::SweepOptions options{static_cast<int>(read_count("jobs", arguments.jobs, 0, 1'000'000)),
                                      read_checkpoint_seconds(arguments.checkpoint_seconds),
                                      arguments.save_parameters};
  const auto max_runs = static_cast<std::uint64_t>(
      read_count("max-runs", arguments.max_runs, normlab::default_max_runs, 1'000'000'000));
  const std::filesystem::path folder = arguments.out.empty() ? "results/" + spec.name : arguments.out;
  const auto may_differ = arguments.extend ? normlab::MayDiffer::fewer_runs : normlab::MayDiffer::nothing;
  normlab::unpacked_files().set_sharing(true);
  require_spec_elsewhere(arguments.spec_file, folder);
  if (!spec.tuned.empty()) spec = normlab::with_choices(spec, normlab::read_tuned(spec.tuned), max_runs);
  if (arguments.timed) normlab::require_place_of_times(folder);  // before a search
  if (spec.tune && arguments.dry_run)
    return print_tuning({spec, folder, options, max_runs}, arguments.extend);
  if (spec.tune) {
    if (const auto status = tune(spec, folder, options, max_runs, arguments.extend)) return *status;
  }
  if (arguments.extend) spec = normlab::extended_spec(folder, spec, max_runs);
  const std::vector<SweepRun> runs = normlab::expand(spec, max_runs);
  const int jobs = normlab::resolve_jobs(options.jobs, runs);
  const normlab::SweepNeeds needs = normlab::check_runs_against_data(runs, jobs);
  for (const std::string& warning : needs.warnings) normlab::log_warning(warning);
  if (arguments.timed) require_room_for_times(folder, normlab::bench::cells_of(runs));
  if (arguments.dry_run) {
    normlab::require_usable_folder(folder, spec, runs, arguments.save_parameters, may_differ);
    return print_runs(runs, needs.runs, jobs, folder);
  }
  normlab::count_stop_signals();  // from here on there is something to keep
  normlab::RunStore store(folder, spec, runs, may_differ);
  warn_of_changed_data(store, runs, needs.runs);
  return run_and_report(
      store, runs, options,
      arguments.timed ? std::optional(TimingOptions{spec.name, folder, timing}) : std::nullopt);
}

// How runs are trained, and where to.
void add_execution_options(CLI::App& command, SweepArguments& arguments) {
  command
      .add_option("--jobs", arguments.jobs,
                  "Runs side by side; jobs times threads is at most the cores "
                  "[default: as many as fit]")
      ->type_name("N");
  command
      .add_option("--threads", arguments.threads,
                  "Threads of each run [default: what the experiment says, or 1]")
      ->type_name("N");
  command.add_option("--out", arguments.out, "Folder of the results [default: results/NAME]")
      ->type_name("FOLDER");
  command
      .add_option("--checkpoint-seconds", arguments.checkpoint_seconds,
                  "Seconds between checkpoints [default: 30]")
      ->type_name("SECONDS");
  command.add_flag(
      "--save-parameters", arguments.save_parameters,
      "Write every run's parameters at its end, to FOLDER/parameters/ID.safetensors [default: off]");
}

}  // namespace

int interrupted() {
  normlab::log_warning("interrupted; the same command continues from the checkpoints");
  return 130;
}

void add_sweep(CLI::App& program, Action& action) {
  CLI::App* command =
      program.add_subcommand("sweep", "Train every run of an experiment, and resume where it stopped");
  auto arguments = std::make_shared<SweepArguments>();
  add_spec_options(*command, arguments->spec_file, arguments->set);
  command
      ->add_option("--seed", arguments->seed,
                   "Seeds of the runs, such as 3, 1,2 or 1..5; the same as --set seed=… "
                   "[default: those of the experiment]")
      ->type_name("SEEDS");
  command->add_flag("--extend", arguments->extend,
                    "Add to the runs that the folder of results has: seeds, or values along any axis "
                    "[default: off]");
  command
      ->add_option("--tuned", arguments->tuned,
                   "Take what was tuned from the tuned.json of another sweep [default: what the experiment "
                   "says]")
      ->type_name("FILE");
  command->add_option("--max-runs", arguments->max_runs, "Most runs that the grid may have [default: 100000]")
      ->type_name("N");
  add_execution_options(*command, *arguments);
  command->add_flag("--timed", arguments->timed,
                    "Then measure how long a step takes for each combination, as \"normlab time\" does "
                    "[default: off]");
  command->add_option("--rounds", arguments->rounds, "Rounds of --timed, at least 15 [default: 15]")
      ->type_name("N");
  command->add_flag("--dry-run", arguments->dry_run,
                    "Check everything, list the runs with their settings and estimate the time, without "
                    "running them [default: off]");
  command->callback([&action, arguments] { action = [arguments] { return sweep(*arguments); }; });
}
