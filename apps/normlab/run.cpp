// normlab run: one training run.
#include <fmt/format.h>

#include <algorithm>

#include "commands.h"
#include "normlab/analysis/show.h"
#include "normlab/core/error.h"
#include "normlab/core/file.h"
#include "normlab/core/log.h"
#include "normlab/core/process.h"
#include "normlab/core/standard_streams.h"
#include "normlab/core/text.h"
#include "normlab/core/writable_folder.h"
#include "normlab/data/dataset_name.h"
#include "normlab/experiment/config/config_json.h"
#include "normlab/experiment/process/core_lease.h"
#include "normlab/experiment/process/stop_signals.h"
#include "normlab/experiment/run/train_and_record.h"
#include "normlab/records/record.h"
#include "normlab/records/record_check.h"
#include "normlab/records/vocabulary.h"
#include "normlab/tasks/registry.h"
#include "normlab/train/checkpoint.h"
#include "normlab/train/data_source.h"
#include "normlab/train/network_description.h"
#include "normlab/train/requirements.h"
#include "run_files.h"
#include "settings.h"

namespace {

using normlab::Json;
using normlab::RunConfig;
namespace filesystem = std::filesystem;

struct RunArguments {
  std::shared_ptr<SettingOptions> settings;
  std::string config_file, out, checkpoint, save_initial_parameters, save_parameters;
  std::string checkpoint_seconds = "30";
  bool quiet = false, again = false, describe = false;
};

// A record serves as the config that it was made with.
bool is_record(const Json& json) {
  if (!json.is_object() || !json.contains("config")) return false;
  const auto schema = json.find("schema");
  return schema != json.end() && schema->is_string() &&
         schema->get_ref<const std::string&>().starts_with(normlab::schema_family(normlab::run_schema));
}

bool is_sweep_spec(const Json& json) {
  return json.is_object() && (json.contains("base") || json.contains("grid") || json.contains("overrides"));
}

// A record says every setting that had a meaning. Beside the norm or the model that the command line puts in
// place of the record's, some have none: those fall away, unless the command line said them.
void remove_idle_settings(Json& config, const Json& recorded) {
  const std::vector<std::string> never_known = normlab::unknown_settings(recorded);
  for (const std::string& path : normlab::unknown_settings(config)) {
    if (std::find(never_known.begin(), never_known.end(), path) != never_known.end()) continue;
    const Json* before = normlab::find_setting(recorded, path);
    if (before != nullptr && *before == *normlab::find_setting(config, path))
      normlab::remove_setting(config, path);
  }
}

RunConfig read_config(const RunArguments& arguments) {
  Json json = Json::object(), recorded;
  if (!arguments.config_file.empty()) {
    json = normlab::read_json(arguments.config_file, "config");
    if (is_record(json)) recorded = json = Json(json["config"]);
    if (is_sweep_spec(json)) {
      normlab::refuse("config", normlab::quotation(arguments.config_file),
                      fmt::format("it is a sweep's spec, and \"normlab sweep {}\" runs it",
                                  normlab::shortened(arguments.config_file)));
    }
    if (!json.is_object()) normlab::refuse("config", normlab::shown(json), "an object of settings is");
  }
  apply_settings(*arguments.settings, json);
  if (!recorded.is_null()) remove_idle_settings(json, recorded);
  return normlab::resolve(json);
}

void print_evaluation(const normlab::Evaluation& evaluation, const normlab::Task& task) {
  const auto metrics = [&](const normlab::MetricValues& values) {
    return fmt::format("{} {:.4f} {} {:.4f}", normlab::with_blanks(task.metrics.front().name), values.front(),
                       normlab::with_blanks(task.reported().name), values.back());
  };
  normlab::log_info(fmt::format("epoch {:.6g} step {} train {} validation {} ({:.1f} s)", evaluation.epoch,
                                evaluation.step, metrics(evaluation.train), metrics(evaluation.validation),
                                evaluation.train_seconds));
}

// Makes the folders of a run's files, and removes those that are still empty in the end: a run that is
// refused leaves nothing behind.
class NewFolders {
 public:
  NewFolders() = default;
  NewFolders(const NewFolders&) = delete;
  NewFolders& operator=(const NewFolders&) = delete;
  ~NewFolders() {
    std::error_code ignored;
    for (auto folder = made_.rbegin(); folder != made_.rend(); ++folder) filesystem::remove(*folder, ignored);
  }
  void make_for(const filesystem::path& file, std::string_view field) {
    std::error_code error, ignored;
    if (file.empty() || filesystem::is_other(file, ignored)) return;
    const filesystem::path target = normlab::follow_links(file);
    const bool is_folder = filesystem::is_directory(target, error);
    const std::string shown = normlab::quotation(file.string());
    if (is_folder) normlab::refuse(field, shown, "the name of a file is, and this is a folder");
    if (error == std::errc::filename_too_long || error == std::errc::too_many_symbolic_link_levels) {
      normlab::refuse(field, shown, fmt::format("a file that can be written is ({})", error.message()));
    }
    const normlab::SignalsHeld held;
    const filesystem::path folder = target.has_parent_path() ? target.parent_path() : ".";
    filesystem::path part;
    for (const filesystem::path& name : folder) {
      part /= name;
      if (filesystem::exists(part, ignored)) continue;
      made_.push_back(part);
      normlab::remove_on_exit(part);
    }
    normlab::require_writable_folder(folder, field);
  }

 private:
  std::vector<filesystem::path> made_;  // outermost first
};

// What stands in the place of the run's record.
struct RecordThere {
  nlohmann::json record;  // null where there is none of the run
  std::string defect;     // why what is there does not count, or ""
};

// A run may write its own record again, set aside what is damaged in the place that is named for it
// (`own_place`), and touch nothing else that is there already.
RecordThere require_own_record(const filesystem::path& out, const std::string& id, bool own_place) {
  std::error_code ignored;
  if (filesystem::is_other(out, ignored)) {
    normlab::refuse("out", normlab::quotation(out.string()), "a file, not a device or a pipe, is");
  }
  if (!filesystem::is_regular_file(out, ignored)) return {};
  const std::string text = normlab::read_text(out, "out", normlab::longest_json);
  RecordThere there;
  try {
    nlohmann::json record = normlab::parse_sorted_json(text, "its text");
    if (record.is_object() && record.value("id", nlohmann::json()) == id) {
      there.defect = normlab::record_defect(record);
      there.record = std::move(record);
      return there;
    }
    there.defect = fmt::format("it is not the record of {}", id);
  } catch (const normlab::RequestError& error) {
    there.defect = normlab::without_full_stop(error.what());
  }
  if (own_place) return there;
  normlab::refuse("out", normlab::quotation(out.string()),
                  fmt::format("the file is there and is not the record of {}; another name is", id));
}

// What a run writes must not overwrite anything else that it writes, or reads.
void require_own_files(const RunArguments& arguments, const RunConfig& config, const filesystem::path& out,
                       const filesystem::path& checkpoint) {
  std::vector<RunFile> read = data_files(config.dataset);
  read.push_back({"initial_parameters", config.initial_parameters});
  const std::vector<RunFile> written{{"out", out},
                                     {"checkpoint", checkpoint},
                                     {"save-initial-parameters", arguments.save_initial_parameters},
                                     {"save-parameters", arguments.save_parameters}};
  require_distinct_files(written, read);
  // The config may be the run's own record, in whose place the new one goes.
  const std::vector<RunFile> others(written.begin() + 1, written.end());
  require_distinct_files(others, {{"config", arguments.config_file}});
  require_parameters_file({"save-initial-parameters", arguments.save_initial_parameters});
  require_parameters_file({"save-parameters", arguments.save_parameters});
}

// Whether the run has ended before; what is not the whole record of it is set aside.
bool has_ended(const RecordThere& there, const filesystem::path& out) {
  if (there.defect.empty())
    return !there.record.is_null() && normlab::is_final_status(there.record["status"].get<std::string>());
  const filesystem::path aside = normlab::set_aside(normlab::follow_links(out));
  normlab::log_warning(fmt::format("{} is set aside as {}, because {}; the run is done again", out.string(),
                                   aside.filename().string(), there.defect));
  return false;
}

// The record stays what it is, and is not silently taken for one of the data that is there now.
void warn_of_changed_data(const RunConfig& config, const nlohmann::json& record) {
  if (!record.contains("data_checksum")) return;
  const std::string recorded = record["data_checksum"].get<std::string>();
  try {
    if (!normlab::is_of_other_data(recorded, normlab::load_data_size(config).checksum)) return;
    normlab::log_warning(
        "the data has changed since the record was made; --again, or another --out, trains on what is there "
        "now");
  } catch (const normlab::RequestError& error) {
    normlab::log_warning(fmt::format(
        "whether the data has changed since the record was made cannot be told: {}", error.what()));
  }
}

int show_ended(const RunArguments& arguments, const RunConfig& config, const filesystem::path& out,
               const nlohmann::json& record) {
  normlab::log_info(fmt::format("the run has ended, and its record is {}; --again repeats it", out.string()));
  warn_of_changed_data(config, record);
  std::error_code ignored;
  for (const std::string& file : {arguments.save_initial_parameters, arguments.save_parameters}) {
    if (file.empty() || filesystem::exists(file, ignored)) continue;
    normlab::log_warning(fmt::format("{} is not written, since nothing is trained; --again does both", file));
  }
  normlab::print_out(normlab::render_record(record));
  return 0;
}

// Nobody's file is written over or moved because it stands where a checkpoint should.
void require_own_checkpoint(const filesystem::path& checkpoint) {
  std::error_code ignored;
  if (!filesystem::exists(checkpoint, ignored)) return;
  require_regular_file({"checkpoint", checkpoint});
  if (normlab::resembles_checkpoint(checkpoint)) return;
  normlab::refuse("checkpoint", normlab::quotation(checkpoint.string()),
                  "the file is there and is no checkpoint of normlab; another name is");
}

// "r.json" has "r.checkpoint"; what follows another dot ("p-0.1") is part of the name.
filesystem::path default_checkpoint(filesystem::path out) {
  if (out.extension() == ".json") return out.replace_extension(".checkpoint");
  return out += ".checkpoint";
}

// Tells people how the run goes.
void report_progress(const RunConfig& config, const filesystem::path& checkpoint,
                     normlab::RunOptions& options) {
  options.on_ready = [&config, checkpoint](normlab::Index steps) {
    normlab::stop_on_signals();
    if (steps > 0)
      normlab::log_info(fmt::format("continuing from {} at step {}", checkpoint.string(), steps));
    const auto warning = normlab::evaluation_warning(config, normlab::load_data_size(config));
    if (warning) normlab::log_warning(*warning);
  };
  options.on_evaluation = [&task = normlab::task_of(config.dataset)](const normlab::Evaluation& evaluation) {
    print_evaluation(evaluation, task);
  };
}

normlab::RunOptions options_of(const RunArguments& arguments, const RunConfig& config,
                               const filesystem::path& out) {
  normlab::RunOptions options;
  options.checkpoint =
      arguments.checkpoint.empty() ? default_checkpoint(out) : filesystem::path(arguments.checkpoint);
  options.checkpoint_seconds = read_checkpoint_seconds(arguments.checkpoint_seconds);
  options.save_initial_parameters = arguments.save_initial_parameters;
  options.save_parameters = arguments.save_parameters;
  options.stop = &normlab::stop_flag();
  report_progress(config, options.checkpoint, options);
  return options;
}

// What the run left half-written when it was killed.
void remove_partial_files_of(const RunArguments& arguments, const filesystem::path& out,
                             const filesystem::path& checkpoint) {
  for (const filesystem::path& named : {out, checkpoint, filesystem::path(arguments.save_initial_parameters),
                                        filesystem::path(arguments.save_parameters)}) {
    if (named.empty()) continue;
    const filesystem::path file = normlab::follow_links(named);
    normlab::remove_partial_files(file.has_parent_path() ? file.parent_path() : ".",
                                  {file.filename().string()});
  }
}

// Tells how the run ended. Returns the exit status.
int report_end(const normlab::RunResult& result, const filesystem::path& out,
               const filesystem::path& checkpoint, bool repeated) {
  if (result.status == normlab::RunStatus::interrupted) {
    normlab::log_warning(fmt::format(
        "interrupted; the checkpoint is {}, and the same command continues from it{}", checkpoint.string(),
        repeated ? fmt::format("; {} is still the record of the run that ended", out.string()) : ""));
    return 130;
  }
  for (const std::string& warning : normlab::time_warnings(result)) {
    normlab::log_warning(fmt::format("the run's times are doubtful: {}", warning));
  }
  normlab::log_info(fmt::format("the record is {}", out.string()));
  normlab::print_out(normlab::show_record(out));
  if (result.parameters_problem.empty()) return 0;
  normlab::log_message(fmt::format("{}; the record is kept, and --again trains once more to save them.",
                                   result.parameters_problem));
  return 1;
}

int run(const RunArguments& arguments) {
  normlab::set_quiet(arguments.quiet);
  const RunConfig config = read_config(arguments);
  if (arguments.describe) {
    normlab::print_out(normlab::describe_network(config));
    return 0;
  }
  if (config.threads > 1) normlab::limit_spinning();
  normlab::set_process_name("normlab");
  if (const auto reason = normlab::undefined_reason(config)) throw normlab::RequestError(*reason + ".");
  const std::string id = normlab::run_id(config);
  const filesystem::path out = arguments.out.empty() ? filesystem::path("results/runs") / (id + ".json")
                                                     : filesystem::path(arguments.out);
  const normlab::RunOptions options = options_of(arguments, config, out);
  const RecordThere there = require_own_record(out, id, arguments.out.empty());
  require_own_files(arguments, config, out, options.checkpoint);
  NewFolders folders;
  folders.make_for(out, "out");
  folders.make_for(options.save_initial_parameters, "save-initial-parameters");
  folders.make_for(options.save_parameters, "save-parameters");
  folders.make_for(options.checkpoint, "checkpoint");
  require_own_checkpoint(options.checkpoint);
  remove_partial_files_of(arguments, out, options.checkpoint);
  const bool ended = has_ended(there, out);
  if (ended && !arguments.again) return show_ended(arguments, config, out, there.record);

  const normlab::OwnCores cores(config.threads, id);
  if (!cores.problem().empty()) normlab::log_warning(cores.problem());
  const normlab::RunResult result =
      normlab::train_and_record(config, options, out, {.pinned_cores = cores.pinned(), .jobs = 1});
  return report_end(result, out, options.checkpoint, ended);
}

}  // namespace

double read_checkpoint_seconds(const std::string& text) {
  const Json value = normlab::parse_shell_value(text);
  if (!value.is_number() || !(value.get<double>() > 0)) {
    normlab::refuse("checkpoint-seconds", text, "a number of seconds above 0 is");
  }
  return value.get<double>();
}

void add_run(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand("run", "Train one network, from options or a config file");
  auto arguments = std::make_shared<RunArguments>();
  command
      ->add_option("--config", arguments->config_file,
                   "Settings as a JSON object, or a run's record; options here win over it "
                   "(docs/experiment-format.md)")
      ->type_name("FILE");
  arguments->settings = add_setting_options(*command);
  command->add_option("--out", arguments->out, "Where the record goes [default: results/runs/ID.json]")
      ->type_name("FILE");
  command
      ->add_option("--save-initial-parameters", arguments->save_initial_parameters,
                   "Write the parameters before the first step, as safetensors [default: not written]")
      ->type_name("FILE");
  command
      ->add_option("--save-parameters", arguments->save_parameters,
                   "Write the parameters at the end, as safetensors [default: not written]")
      ->type_name("FILE");
  command
      ->add_option("--checkpoint", arguments->checkpoint,
                   "Where checkpoints go [default: beside the record, ending in .checkpoint]")
      ->type_name("FILE");
  command
      ->add_option("--checkpoint-seconds", arguments->checkpoint_seconds,
                   "Seconds between checkpoints [default: 30]")
      ->type_name("SECONDS");
  command->add_flag("--again", arguments->again,
                    "Repeat a run that has ended, instead of showing its record [default: off]");
  command->add_flag("--describe", arguments->describe,
                    "Print the network's operations, shapes, memory and multiply-adds, and train nothing "
                    "[default: off]");
  command->add_flag("--quiet", arguments->quiet,
                    "No line for each evaluation on standard error [default: off]");
  command->callback([&action, arguments] { action = [arguments] { return run(*arguments); }; });
}

void add_run_child(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand("run-child", "One run of a sweep, started by the sweep itself");
  command->group("");  // not in --help
  auto arguments = std::make_shared<std::vector<std::string>>();
  command
      ->add_option("arguments", *arguments,
                   "Id, record, checkpoint, evaluations, parameters, seconds between checkpoints")
      ->take_all()
      ->expected(6);
  command->callback([&action, arguments] {
    action = [arguments] {
      normlab::set_process_name("normlab");
      // The order comes on standard input: a command line would not hold a long config. The id is for `ps`.
      return normlab::run_child(normlab::read_json("/dev/stdin", "config"),
                                {(*arguments)[1], (*arguments)[2], (*arguments)[3], (*arguments)[4],
                                 read_checkpoint_seconds((*arguments)[5])});
    };
  });
}
