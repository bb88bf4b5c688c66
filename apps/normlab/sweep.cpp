// normlab sweep: every cell of a grid, side by side, and again where an earlier sweep stopped.
#include <fmt/format.h>

#include <algorithm>

#include "commands.h"
#include "normlab/analysis/report.h"
#include "normlab/core/error.h"
#include "normlab/core/log.h"
#include "normlab/core/standard_streams.h"
#include "normlab/data/unpacked_files.h"
#include "normlab/experiment/config_json.h"
#include "normlab/experiment/dry_run.h"
#include "normlab/experiment/progress.h"
#include "normlab/experiment/record.h"
#include "normlab/experiment/run_store.h"
#include "normlab/experiment/scheduler.h"
#include "normlab/experiment/sweep_spec.h"
#include "settings.h"

namespace {

using normlab::SweepCell;
using normlab::SweepSpec;

struct SweepArguments {
  std::string spec_file, out, jobs, threads;
  std::string checkpoint_seconds = "30";
  std::vector<std::string> set;
  bool dry_run = false, save_parameters = false;
};

SweepSpec read_spec(const SweepArguments& arguments) {
  SweepSpec spec = normlab::load_sweep_spec(arguments.spec_file);
  for (const std::string& text : arguments.set) {
    normlab::apply_shell_setting(spec, normlab::parse_shell_setting(text));
  }
  if (!arguments.threads.empty()) {
    normlab::apply_shell_setting(spec, {"threads", {normlab::parse_shell_value(arguments.threads)}});
  }
  return spec;
}

int read_jobs(const std::string& text) {
  if (text.empty()) return 0;
  const normlab::Json value = normlab::parse_shell_value(text);
  if (!value.is_number_integer() || value.get<std::int64_t>() < 1 || value.get<std::int64_t>() > 1'000'000) {
    normlab::refuse("jobs", text, "an integer of at least 1 is");
  }
  return value.get<int>();
}

std::string time_text(const std::vector<SweepCell>& cells, int jobs) {
  constexpr double calibration_seconds = 3;
  normlab::TimeEstimate estimate(cells);
  const int tried = normlab::calibrate(cells, calibration_seconds, estimate);
  if (tried == 0) return "";
  return fmt::format(
      "training takes about {} with {} job{} if every run uses up its budget: estimated from a few steps of "
      "{} of "
      "the runs, evaluations not counted",
      normlab::duration_text(normlab::estimated_seconds(cells, estimate, jobs)), jobs, jobs == 1 ? "" : "s",
      tried);
}

int print_cells(const std::vector<SweepCell>& cells, int jobs) {
  const auto undefined = std::count_if(cells.begin(), cells.end(),
                                       [](const SweepCell& cell) { return cell.undefined.has_value(); });
  normlab::print_out(normlab::cell_table(cells));
  normlab::log_info(fmt::format("{} runs, {} of them undefined", cells.size(), undefined));
  if (const std::string text = time_text(cells, jobs); !text.empty()) normlab::log_info(text);
  return 0;
}

void print_results(const normlab::RunStore& store) {
  normlab::write_summary(store.folder());
  normlab::print_out(
      normlab::render_report(normlab::build_report(store.folder()), normlab::ReportFormat::table));
}

// Of runs that had ended before the parameters were asked for. They are not done again unasked: that takes
// what the sweep took, and a run that then fails would cost a record.
void warn_of_missing_parameters(const normlab::RunStore& store, const std::vector<SweepCell>& cells) {
  std::size_t missing = 0;
  for (const SweepCell& cell : cells) {
    const bool trained = !cell.undefined && normlab::is_final_status(store.status(cell.id));
    if (trained && !std::filesystem::exists(store.parameters_path(cell.id))) ++missing;
  }
  if (missing == 0) return;
  normlab::log_warning(
      fmt::format("{} of {} runs had ended without their parameters saved; a new folder (--out) has them all",
                  missing, cells.size()));
}

int sweep(const SweepArguments& arguments) {
  const SweepSpec spec = read_spec(arguments);
  const normlab::ScheduleOptions options{read_jobs(arguments.jobs),
                                         read_checkpoint_seconds(arguments.checkpoint_seconds),
                                         arguments.save_parameters};
  const std::vector<SweepCell> cells = normlab::expand(spec);
  const int jobs = normlab::resolve_jobs(options.jobs, cells);
  normlab::unpacked_files().set_sharing(true);
  normlab::check_cells_against_data(cells);
  if (arguments.dry_run) return print_cells(cells, jobs);
  const normlab::RunStore store(arguments.out.empty() ? "results/" + spec.name : arguments.out, spec, cells);
  const normlab::SweepOutcome outcome = normlab::run_sweep(store, cells, options);
  if (outcome.interrupted) {
    normlab::log_warning("interrupted; the same command continues from the checkpoints");
    return 130;
  }
  if (arguments.save_parameters) warn_of_missing_parameters(store, cells);
  print_results(store);
  if (outcome.failed > 0) {
    normlab::log_warning(
        fmt::format("{} of {} runs failed; the same command tries them again", outcome.failed, cells.size()));
    return 1;
  }
  return 0;
}

}  // namespace

void add_sweep(CLI::App& program, Action& action) {
  CLI::App* command =
      program.add_subcommand("sweep", "Run every cell of an experiment, and resume where it stopped");
  auto arguments = std::make_shared<SweepArguments>();
  command
      ->add_option("spec", arguments->spec_file,
                   "The experiment (docs/experiment-format.md), or the sweep.json of its results")
      ->type_name("SPEC.json")
      ->required();
  add_set_option(
      *command, arguments->set,
      "Set a setting for all runs, or with values between commas make it an axis: batch_size=4,32; "
      "repeatable");
  command
      ->add_option("--jobs", arguments->jobs,
                   "Runs side by side; jobs times threads is at most the cores "
                   "[default: as many as fit]")
      ->type_name("N");
  command
      ->add_option("--threads", arguments->threads,
                   "Threads of each run [default: what the experiment says, or 1]")
      ->type_name("N");
  command->add_option("--out", arguments->out, "Folder of the results [default: results/NAME]")
      ->type_name("FOLDER");
  command
      ->add_option("--checkpoint-seconds", arguments->checkpoint_seconds,
                   "Seconds between checkpoints [default: 30]")
      ->type_name("SECONDS");
  command->add_flag(
      "--save-parameters", arguments->save_parameters,
      "Write every run's parameters at its end, to FOLDER/parameters/ID.safetensors [default: off]");
  command->add_flag("--dry-run", arguments->dry_run,
                    "Check everything, list the runs with their settings and estimate the time, without "
                    "running them [default: off]");
  command->callback([&action, arguments] { action = [arguments] { return sweep(*arguments); }; });
}
