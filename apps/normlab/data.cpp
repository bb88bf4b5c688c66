// normlab data: which data sets there are, whether they are sound, and how to get them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "commands.h"
#include "normlab/core/standard_streams.h"
#include "normlab/data/fetch.h"
#include "normlab/data/registry.h"

namespace {

int list() {
  std::string text;
  for (const normlab::DatasetListing& listing : normlab::list_datasets()) {
    text += fmt::format("{:<16} {:<8} {}\n{:<25} {}\n", listing.name, listing.present ? "present" : "absent",
                        listing.description, "", listing.location);
  }
  normlab::print_out(text);
  return 0;
}

int check(const std::string& name) {
  const normlab::DatasetReport report = normlab::check_dataset(normlab::parse_dataset(name));
  std::string text;
  for (const normlab::CheckedFile& file : report.files) {
    text += fmt::format("{}: {} bytes, crc32 {:08x}{}\n", file.path.string(), file.bytes, file.crc32,
                        file.known ? ", as recorded" : "");
  }
  text += fmt::format("{}: {} training, {} validation and {} test {}", report.name, report.train_samples,
                      report.validation_samples, report.test_samples,
                      report.height > 0 ? "images" : "characters");
  if (report.height > 0) text += fmt::format(" of {} x {}", report.height, report.width);
  text += fmt::format(", {} {}\n", report.classes, report.height > 0 ? "classes" : "distinct");
  normlab::print_out(text);
  return 0;
}

}  // namespace

void add_data(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand("data", "List, check and fetch data sets");
  command->require_subcommand(1);
  auto name = std::make_shared<std::string>();
  CLI::App* list_command = command->add_subcommand("list", "List the known data sets, and where they are");
  list_command->callback([&action] { action = list; });
  CLI::App* check_command = command->add_subcommand("check", "Read a data set whole, and say what is in it");
  check_command->add_option("name", *name, "A data set as for --dataset of run")
      ->type_name("NAME")
      ->required();
  check_command->callback([&action, name] { action = [name] { return check(*name); }; });
  CLI::App* fetch_command =
      command->add_subcommand("fetch", "Get a data set that the system's packages do not have");
  fetch_command
      ->add_option("name", *name, fmt::format("One of {}", fmt::join(normlab::fetchable_datasets(), ", ")))
      ->type_name("NAME")
      ->required();
  fetch_command->callback([&action, name] {
    action = [name] {
      normlab::fetch_dataset(*name);
      return 0;
    };
  });
}
