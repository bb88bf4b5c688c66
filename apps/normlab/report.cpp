// normlab report: what sweeps found.
#include "normlab/analysis/build_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "normlab/analysis/export/format.h"

#include "commands.h"
#include "normlab/analysis/export/folders.h"
#include "normlab/core/error.h"
#include "normlab/core/log.h"
#include "normlab/core/standard_streams.h"
#include "normlab/core/text.h"
#include "normlab/experiment/config/json.h"

namespace {

using Texts = std::vector<std::string>;

struct ReportArguments {
  Texts folders, where, by, best;
  std::vector<double> thresholds;
  normlab::ExportFolders exports;
  std::string format = "table", target, pair, measure = "steps";
};

std::optional<normlab::ContrastRequest> contrasts_of(const ReportArguments& arguments) {
  const normlab::Measure measure = normlab::parse_measure(arguments.measure);
  if (arguments.pair.empty()) return std::nullopt;
  normlab::ContrastRequest request = normlab::parse_contrast(arguments.pair);
  request.measure = measure;
  return request;
}

std::vector<normlab::SettingFilter> filters_of(const Texts& texts) {
  std::vector<normlab::SettingFilter> filters;
  filters.reserve(texts.size());
  for (const std::string& text : texts) {
    if (text.find('=') == std::string::npos)
      normlab::refuse("where", normlab::quotation(text),
                      "a setting with its values is, such as norm=none,layer");
    const normlab::ShellSetting said = normlab::parse_shell_setting(text, "where");
    filters.push_back({said.path, {said.values.begin(), said.values.end()}});
  }
  return filters;
}

// Every threshold, held at one to three evaluations.
std::vector<normlab::TargetVariation> variations_of(const ReportArguments& arguments) {
  if (!arguments.thresholds.empty() && arguments.pair.empty())
    normlab::refuse("thresholds", fmt::format("{}", fmt::join(arguments.thresholds, ",")),
                    "thresholds of a comparison are, which --pair asks for");
  std::vector<normlab::TargetVariation> variations;
  std::set<double> seen;
  for (const double threshold : arguments.thresholds) {
    if (!std::isfinite(threshold) || threshold < 0)
      normlab::refuse("thresholds", fmt::format("{}", threshold), "numbers of 0 or more are");
    if (!seen.insert(threshold).second)
      normlab::refuse("thresholds", fmt::format("{} a second time", threshold), "every number once is");
    for (const normlab::Index hold : {1, 2, 3}) variations.push_back({threshold, hold});
  }
  return variations;
}

// The options that say what the report is of, as they are given again.
Texts asked_words(const ReportArguments& arguments) {
  Texts words;
  const auto add = [&](const char* option, const std::string& value) {
    if (!value.empty()) words.insert(words.end(), {option, value});
  };
  add("--target", arguments.target);
  for (const std::string& filter : arguments.where) add("--where", filter);
  add("--by", fmt::format("{}", fmt::join(arguments.by, ",")));
  add("--best", fmt::format("{}", fmt::join(arguments.best, ",")));
  add("--pair", arguments.pair);
  if (!arguments.pair.empty()) add("--measure", arguments.measure);
  add("--thresholds", fmt::format("{}", fmt::join(arguments.thresholds, ",")));
  return words;
}

int print_report(const ReportArguments& arguments) {
  const normlab::ReportFormat& format = normlab::report_format(arguments.format);
  const std::vector<std::filesystem::path> folders(arguments.folders.begin(), arguments.folders.end());
  const normlab::ReportRequest request{.where = filters_of(arguments.where),
                                       .by = arguments.by,
                                       .best = arguments.best,
                                       .contrasts = contrasts_of(arguments),
                                       .drawn_from = format.draws ? folders : decltype(folders)()};
  normlab::RecordFiles files(arguments.target, variations_of(arguments));
  normlab::require_room_for_exports(arguments.exports);
  const normlab::SweepRecords sweep = normlab::load_reported_sweep(folders, files, request.where);
  normlab::Report report = normlab::build_report(sweep, request);
  report.asked = asked_words(arguments);
  normlab::write_exports(arguments.exports, sweep);
  if (!format.has_warnings) {
    for (const std::string& warning : report.warnings) normlab::log_warning(warning);
  }
  normlab::print_out(format.render(report));
  return 0;
}

void add_rows_options(CLI::App* command, ReportArguments& arguments) {
  command
      ->add_option("--where", arguments.where,
                   "Only runs with one of these values of a setting, or seeds; may be given several times "
                   "[default: all runs]")
      ->type_name("SETTING=VALUE[,VALUE]")
      ->take_all()
      ->allow_extra_args(false);
  command
      ->add_option(
          "--by", arguments.by,
          "The settings whose values have rows of their own, beside model, norm and batch size; may be "
          "given several times [default: all that vary]")
      ->type_name("SETTING[,SETTING]")
      ->delimiter(',')
      ->take_all()
      ->allow_extra_args(false);
  command
      ->add_option(
          "--best", arguments.best,
          "Of each row, the best value of this setting alone: fewest steps to the target on average, "
          "then the best validation metric [default: all values]")
      ->type_name("SETTING[,SETTING]")
      ->delimiter(',')
      ->take_all()
      ->allow_extra_args(false);
}

void add_comparison_options(CLI::App* command, ReportArguments& arguments) {
  command
      ->add_option(
          "--pair", arguments.pair,
          "Compare each row with the one that has this value of a setting and is like it otherwise, such "
          "as norm=none: ratios with intervals, tests [default: none]")
      ->type_name("SETTING=VALUE");
  command
      ->add_option("--thresholds", arguments.thresholds,
                   "Show how the ratios of --pair depend on the target's threshold, each held at 1, 2 and 3 "
                   "evaluations in a row [default: none]")
      ->type_name("NUMBER[,NUMBER]")
      ->delimiter(',')
      ->take_all()
      ->allow_extra_args(false);
  command
      ->add_option("--measure", arguments.measure,
                   "What --pair compares: steps, epochs or seconds to the target, or step_time; the last two "
                   "want a times.json [default: steps]")
      ->type_name("NAME");
}

void add_export_options(CLI::App* command, normlab::ExportFolders& exports) {
  command
      ->add_option(
          "--tables", exports.tables,
          "Write runs.csv, evaluations.csv and layers.csv as well, for pandas or R, into this folder "
          "[default: none]")
      ->type_name("FOLDER");
  command
      ->add_option("--tensorboard", exports.tensorboard,
                   "Write the curves as well, as event files of TensorBoard, into this folder "
                   "[default: none]")
      ->type_name("FOLDER");
}

}  // namespace

void add_report(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand(
      "report", "Print what a sweep found, a row for each combination of settings, all seeds together");
  auto arguments = std::make_shared<ReportArguments>();
  command
      ->add_option(
          "folder", arguments->folders,
          "The folder of a sweep, such as results/quick; of several the runs are pooled, equal ones once")
      ->type_name("FOLDER")
      ->take_all()
      ->required();
  command
      ->add_option("--format", arguments->format,
                   "table, markdown, csv, json or html, a page for a browser [default: table]")
      ->type_name("NAME");
  command
      ->add_option(
          "--target", arguments->target,
          "Another target, such as \"validation.error<=0.02 for 2\", looked for in the evaluations that "
          "there are [default: each run's own]")
      ->type_name("CONDITION");
  add_rows_options(command, *arguments);
  add_comparison_options(command, *arguments);
  add_export_options(command, arguments->exports);
  command->callback([&action, arguments] { action = [arguments] { return print_report(*arguments); }; });
}
