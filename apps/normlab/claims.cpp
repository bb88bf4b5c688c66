// normlab claims: what is missing is run, and every claim gets its verdict.
#include "normlab/claims/claims_format.h"

#include <fmt/format.h>

#include <algorithm>

#include "claim_timing.h"
#include "commands.h"
#include "normlab/analysis/build_report.h"
#include "normlab/analysis/export/summary.h"
#include "normlab/claims/claims_plan.h"
#include "normlab/claims/claims_report.h"
#include "normlab/claims/registration.h"
#include "normlab/core/error.h"
#include "normlab/core/log.h"
#include "normlab/core/process.h"
#include "normlab/core/standard_streams.h"
#include "normlab/core/text.h"
#include "normlab/data/unpacked_files.h"
#include "normlab/experiment/config/config_json.h"
#include "normlab/experiment/process/stop_signals.h"
#include "normlab/experiment/run/run_store.h"
#include "normlab/experiment/run/run_store_checks.h"
#include "normlab/experiment/sweep/run_sweep.h"
#include "normlab/experiment/sweep/sweep_needs.h"
#include "normlab/experiment/tune/tune_sweep.h"

namespace {

using normlab::ClaimPhase;
using normlab::ClaimsPlan;
using normlab::PlannedExperiment;

struct ClaimsArguments {
  std::string claims, out{normlab::default_claims_folder}, format = "text", jobs;
};

// The same claims on both sets of their seeds.
struct Plans {
  ClaimsPlan final, replication;
};

Plans make_plans(const ClaimsArguments& arguments) {
  return {
      normlab::plan_claims(normlab::load_claims(arguments.claims), ClaimPhase::final, arguments.out),
      normlab::plan_claims(normlab::load_claims(arguments.claims), ClaimPhase::replication, arguments.out)};
}

int read_jobs(const std::string& text) {
  if (text.empty()) return 0;
  const normlab::Json value = normlab::parse_shell_value(text);
  if (!value.is_number_integer() || value.get<std::int64_t>() < 1 || value.get<std::int64_t>() > 1'000'000)
    normlab::refuse("jobs", text, "an integer of at least 1 is");
  return value.get<int>();
}

void check_experiments(const ClaimsPlan& plan, int jobs) {
  require_place_for_times(plan);
  for (const PlannedExperiment& experiment : plan.experiments) {
    const int side_by_side = normlab::resolve_jobs(jobs, experiment.runs);
    for (const std::string& warning :
         normlab::check_runs_against_data(experiment.runs, side_by_side).warnings)
      normlab::log_warning(warning);
    normlab::require_usable_folder(experiment.folder, experiment.spec, experiment.runs,
                                   /*save_parameters=*/false);
  }
}

// The rules stand in the folder before anything is trained or measured there. Nothing is trained where all
// that is claimed is about durations.
normlab::SweepOutcome run_experiment(const ClaimsPlan& plan, std::size_t place, int jobs) {
  const PlannedExperiment& experiment = plan.experiments[place];
  if (!needs_runs(plan, place)) {
    for (const std::size_t file : experiment.files)
      normlab::register_rule(experiment.folder, plan.files[file], experiment.sha256);
    return {};
  }
  normlab::log_info(fmt::format("{} runs of {} go to {}", experiment.runs.size(),
                                normlab::shortened(experiment.spec_file.string()),
                                normlab::shortened(experiment.folder.string())));
  normlab::RunStore store(experiment.folder, experiment.spec, experiment.runs);
  for (const std::size_t file : experiment.files)
    normlab::register_rule(experiment.folder, plan.files[file], experiment.sha256);
  const normlab::SweepOutcome outcome = normlab::run_sweep(store, experiment.runs, {.jobs = jobs});
  if (!outcome.interrupted) {
    normlab::write_summary(experiment.folder, normlab::build_report(experiment.folder, store.record_files()));
  }
  return outcome;
}

// Looks for the settings that experiments leave to a search, beside the results of the first phase. The exit
// status, where it ends the command.
std::optional<int> search(const ClaimsPlan& plan, int jobs) {
  for (const PlannedExperiment& experiment : plan.experiments) {
    if (experiment.searched) continue;
    for (const std::size_t file : experiment.files)
      normlab::register_rule(experiment.folder, plan.files[file], experiment.sha256);
    normlab::log_info(fmt::format("{} is tuned first", normlab::shortened(experiment.spec_file.string())));
    normlab::SweepOutcome outcome;
    const auto tuned = normlab::tune_sweep({*experiment.search, experiment.folder, {.jobs = jobs}}, outcome);
    if (outcome.interrupted) return interrupted();
    if (!tuned) {
      normlab::log_warning(
          fmt::format("{} runs of the search failed; the same command tries them again", outcome.failed));
      return 1;
    }
    normlab::write_tuned(experiment.folder, *tuned);
  }
  return std::nullopt;
}

// When nothing of ours is trained any longer.
void measure_durations(const ClaimsPlan& plan) {
  normlab::exit_on_signals();  // the records are written, and older times stay until new ones are whole
  for (std::size_t i = 0; i < plan.experiments.size(); ++i) {
    if (needs_step_times(plan, i)) measure_experiment(plan.experiments[i]);
  }
  measure_claimed_kernels(plan);
}

int run(const ClaimsArguments& arguments, ClaimPhase phase) {
  normlab::require_claims_format(arguments.format);
  Plans plans = make_plans(arguments);
  const int jobs = read_jobs(arguments.jobs);
  // This process takes steps itself, of as many threads as a run has.
  if (std::ranges::any_of(plans.final.experiments,
                          [](const PlannedExperiment& one) { return takes_threads(one); }))
    normlab::limit_spinning();
  normlab::unpacked_files().set_sharing(true);
  check_experiments(phase == ClaimPhase::final ? plans.final : plans.replication, jobs);
  for (const PlannedExperiment& experiment : plans.final.experiments) {
    if (experiment.searched) continue;
    normlab::require_places(experiment.folder, experiment.runs);
    normlab::first_trials({*experiment.search, experiment.folder, {.jobs = jobs}});
  }
  normlab::count_stop_signals();  // from here on there is something to keep
  if (const auto status = search(plans.final, jobs)) return *status;
  Plans chosen = make_plans(arguments);
  for (const ClaimsPlan* plan : {&chosen.final, &chosen.replication})
    normlab::require_same_rules(plans.final, *plan);
  plans = std::move(chosen);
  const ClaimsPlan& plan = phase == ClaimPhase::final ? plans.final : plans.replication;
  int failed = 0;
  for (std::size_t i = 0; i < plan.experiments.size(); ++i) {
    const normlab::SweepOutcome outcome = run_experiment(plan, i, jobs);
    if (outcome.interrupted) return interrupted();
    failed += outcome.failed;
  }
  measure_durations(plan);
  normlab::print_out(normlab::render_claims(normlab::judge_claims(plans.final, plans.replication),
                                            arguments.format, arguments.out));
  if (failed > 0)
    normlab::log_warning(fmt::format("{} runs failed; the same command tries them again", failed));
  return failed > 0 ? 1 : 0;
}

int report(const ClaimsArguments& arguments) {
  normlab::require_claims_format(arguments.format);
  const Plans plans = make_plans(arguments);
  normlab::print_out(normlab::render_claims(normlab::judge_claims(plans.final, plans.replication),
                                            arguments.format, arguments.out));
  return 0;
}

std::string planned_line(const ClaimsPlan& plan, const normlab::PlannedClaim& claim) {
  const std::string id = normlab::printable(claim.claim->id);
  if (!claim.experiment && claim.contrasts.empty())
    return fmt::format("{}: {} invariances\n", id, claim.claim->invariances.size());
  const std::size_t count = claim.contrasts.size();
  const std::string contrasts = fmt::format("{} contrast{}", count, count == 1 ? "" : "s");
  if (!claim.experiment) return fmt::format("{}: {} of kernels\n", id, contrasts);
  const PlannedExperiment& experiment = plan.experiments[*claim.experiment];
  return fmt::format("{}: {} of {}, {} runs and as many to replicate\n", id, contrasts,
                     normlab::printable(experiment.spec_file.string()), experiment.runs.size());
}

int check(const ClaimsArguments& arguments) {
  const Plans plans = make_plans(arguments);
  const int jobs = 0;
  for (const ClaimsPlan* plan : {&plans.final, &plans.replication}) {
    for (const PlannedExperiment& experiment : plan->experiments)
      normlab::check_runs_against_data(experiment.runs, normlab::resolve_jobs(jobs, experiment.runs));
  }
  std::string text;
  for (const normlab::PlannedClaim& claim : plans.final.claims) text += planned_line(plans.final, claim);
  normlab::print_out(text);
  return 0;
}

CLI::App* add_part(CLI::App& command, const std::shared_ptr<ClaimsArguments>& arguments, const char* name,
                   const char* meaning) {
  CLI::App* part = command.add_subcommand(name, meaning);
  part->add_option("claims", arguments->claims,
                   "A file of claims (docs/claims-format.md), or a folder of them")
      ->type_name("FILE|FOLDER")
      ->required();
  part->add_option("--out", arguments->out, "Folder of all results [default: results/claims]")
      ->type_name("FOLDER");
  return part;
}

void add_format(CLI::App& part, ClaimsArguments& arguments) {
  part.add_option("--format", arguments.format,
                  "text, markdown, json or html, a page for a browser [default: text]")
      ->type_name("NAME");
}

void add_jobs(CLI::App& part, ClaimsArguments& arguments) {
  part.add_option("--jobs", arguments.jobs, "Runs side by side [default: as many as fit]")->type_name("N");
}

}  // namespace

void add_claims(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand(
      "claims", "Judge claims by experiments, by rules that were there before the data");
  command->require_subcommand(1);
  auto arguments = std::make_shared<ClaimsArguments>();
  CLI::App* run_part = add_part(*command, arguments, "run", "Train what is missing, and print the verdicts");
  CLI::App* report_part = add_part(*command, arguments, "report", "Print the verdicts, from what there is");
  CLI::App* replicate_part =
      add_part(*command, arguments, "replicate", "Seek the same verdicts on seeds that were never used");
  CLI::App* check_part = add_part(*command, arguments, "check", "Check the claims, and train nothing");
  for (CLI::App* part : {run_part, report_part, replicate_part}) add_format(*part, *arguments);
  for (CLI::App* part : {run_part, replicate_part}) add_jobs(*part, *arguments);
  run_part->callback(
      [&action, arguments] { action = [arguments] { return run(*arguments, ClaimPhase::final); }; });
  report_part->callback([&action, arguments] { action = [arguments] { return report(*arguments); }; });
  replicate_part->callback(
      [&action, arguments] { action = [arguments] { return run(*arguments, ClaimPhase::replication); }; });
  check_part->callback([&action, arguments] { action = [arguments] { return check(*arguments); }; });
}
