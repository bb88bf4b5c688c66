// normlab data: which data sets there are, whether they are sound, and how to get them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "commands.h"
#include "normlab/core/standard_streams.h"
#include "normlab/data/fetch.h"
#include "normlab/data/registry.h"
#include "normlab/experiment/config/config_json.h"

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

// What the bytes of a text hold beside characters.
std::string describe_format(const normlab::TextFormat& format, normlab::TextUnit unit) {
  const std::string_view mark = unit == normlab::TextUnit::byte ? "at the start, read as three bytes"
                                                                : "at the start, left out of the text";
  return fmt::format("byte order mark: {}\ncarriage returns: {}{}\n", format.byte_order_mark ? mark : "none",
                     format.carriage_returns,
                     format.carriage_returns == 0
                         ? ""
                         : fmt::format(", {} of them before a line feed; all stay in the text",
                                       format.carriage_returns_before_line_feeds));
}

std::string describe_samples(const normlab::DatasetReport& report, std::string_view noun) {
  return fmt::format("{}: {} training, {} validation and {} test {}", report.name, report.train_samples,
                     report.validation_samples, report.test_samples, noun);
}

int check(const std::string& name, const std::string& unit) {
  normlab::Json dataset{{"name", name}};
  if (!unit.empty()) dataset["unit"] = unit;
  const normlab::DatasetSpec spec = normlab::resolve({{"dataset", dataset}}).dataset;
  const normlab::DatasetReport report = normlab::check_dataset(spec);
  std::string text;
  for (const normlab::CheckedFile& file : report.files) {
    text += fmt::format("{}: {} bytes, crc32 {:08x}{}\n", file.path.string(), file.bytes, file.crc32,
                        file.known ? ", as recorded" : "");
  }
  if (report.text_format) {
    text +=
        fmt::format("{}, {} in all, {} distinct\n", describe_samples(report, normlab::plural_name(spec.unit)),
                    report.train_samples + report.validation_samples + report.test_samples, report.classes);
    text += describe_format(*report.text_format, spec.unit);
  } else {
    text += fmt::format("{} of {} x {}, {} classes\n", describe_samples(report, "images"), report.height,
                        report.width, report.classes);
  }
  normlab::print_out(text);
  return 0;
}

}  // namespace

void add_data(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand("data", "List, check and fetch data sets");
  command->require_subcommand(1);
  auto name = std::make_shared<std::string>(), unit = std::make_shared<std::string>();
  CLI::App* list_command = command->add_subcommand("list", "List the known data sets, and where they are");
  list_command->callback([&action] { action = list; });
  CLI::App* check_command = command->add_subcommand("check", "Read a data set whole, and say what is in it");
  check_command->add_option("name", *name, "A data set as for --dataset of run")
      ->type_name("NAME")
      ->required();
  check_command
      ->add_option("--unit", *unit, "What a text is read as: character (UTF-8) or byte [default: character]")
      ->type_name("UNIT");
  check_command->callback([&action, name, unit] { action = [name, unit] { return check(*name, *unit); }; });
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
