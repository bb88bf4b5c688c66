// normlab report: what a sweep found.
#include "normlab/analysis/report.h"
#include "normlab/analysis/export/format.h"

#include "commands.h"
#include "normlab/core/log.h"
#include "normlab/core/standard_streams.h"

void add_report(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand(
      "report", "Print what a sweep found, a row for each combination of settings, all seeds together");
  struct Arguments {
    std::string folder, format = "table", target;
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
  command->callback([&action, arguments] {
    action = [arguments] {
      const normlab::ReportFormat& format = normlab::report_format(arguments->format);
      normlab::RecordFiles files(arguments->target);
      const normlab::Report report = normlab::build_report(arguments->folder, files);
      if (!format.has_warnings) {
        for (const std::string& warning : report.warnings) normlab::log_warning(warning);
      }
      normlab::print_out(format.render(report));
      return 0;
    };
  });
}
