// normlab report: what a sweep found.
#include "normlab/analysis/report.h"

#include <algorithm>
#include <optional>

#include "normlab/analysis/export/format.h"

#include "commands.h"
#include "normlab/analysis/export/folders.h"
#include "normlab/core/error.h"
#include "normlab/core/log.h"
#include "normlab/core/standard_streams.h"

namespace {

std::optional<normlab::ContrastRequest> contrasts_of(const std::string& pair, const std::string& measure) {
  const auto& names = normlab::measure_names();
  const auto found = std::find(names.begin(), names.end(), measure);
  if (found == names.end()) normlab::refuse_name("measure", measure, names);
  if (pair.empty()) return std::nullopt;
  normlab::ContrastRequest request = normlab::parse_contrast(pair);
  request.measure = static_cast<normlab::Measure>(found - names.begin());
  return request;
}

}  // namespace

void add_report(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand(
      "report", "Print what a sweep found, a row for each combination of settings, all seeds together");
  struct Arguments {
    std::string folder, format = "table", target, pair, measure = "steps";
    normlab::ExportFolders exports;
  };
  auto arguments = std::make_shared<Arguments>();
  command->add_option("folder", arguments->folder, "The folder of a sweep, such as results/quick")
      ->type_name("FOLDER")
      ->required();
  command->add_option("--format", arguments->format, "table, markdown, csv or json [default: table]")
      ->type_name("NAME");
  command
      ->add_option(
          "--target", arguments->target,
          "Another target, such as \"validation.error<=0.02 for 2\", looked for in the evaluations that "
          "there are [default: each run's own]")
      ->type_name("CONDITION");
  command
      ->add_option(
          "--pair", arguments->pair,
          "Compare each row with the one that has this value of a setting and is like it otherwise, such "
          "as norm=none: ratios with intervals, tests [default: none]")
      ->type_name("SETTING=VALUE");
  command
      ->add_option("--measure", arguments->measure, "What --pair compares: steps or epochs [default: steps]")
      ->type_name("NAME");
  command
      ->add_option(
          "--tables", arguments->exports.tables,
          "Write runs.csv, evaluations.csv and layers.csv as well, for pandas or R, into this folder "
          "[default: none]")
      ->type_name("FOLDER");
  command
      ->add_option("--tensorboard", arguments->exports.tensorboard,
                   "Write the curves as well, as event files of TensorBoard, into this folder "
                   "[default: none]")
      ->type_name("FOLDER");
  command->callback([&action, arguments] {
    action = [arguments] {
      const normlab::ReportFormat& format = normlab::report_format(arguments->format);
      normlab::RecordFiles files(arguments->target);
      const auto contrasts = contrasts_of(arguments->pair, arguments->measure);
      normlab::require_room_for_exports(arguments->exports);
      const normlab::SweepRecords sweep = normlab::load_reported_sweep(arguments->folder, files);
      const normlab::Report report = normlab::build_report(sweep, contrasts);
      normlab::write_exports(arguments->exports, sweep);
      if (!format.has_warnings) {
        for (const std::string& warning : report.warnings) normlab::log_warning(warning);
      }
      normlab::print_out(format.render(report));
      return 0;
    };
  });
}
