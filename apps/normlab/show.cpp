// normlab show: one run's record for people.
#include "normlab/analysis/show.h"

#include "commands.h"
#include "normlab/core/standard_streams.h"

void add_show(CLI::App& program, Action& action) {
  CLI::App* command =
      program.add_subcommand("show", "Print a run's record for people, its curve as a text chart");
  auto file = std::make_shared<std::string>();
  command->add_option("file", *file, "The record, such as results/quick/runs/ID.json")
      ->type_name("FILE.json")
      ->required();
  command->callback([&action, file] {
    action = [file] {
      normlab::print_out(normlab::show_record(*file));
      return 0;
    };
  });
}
