// normlab bench: this machine's limits, and how near the kernels and the training steps come to them.
#include "normlab/bench/bench.h"

#include <fmt/format.h>

#include <exception>
#include <filesystem>

#include "commands.h"
#include "normlab/core/error.h"
#include "normlab/core/file.h"
#include "normlab/core/log.h"
#include "normlab/core/standard_streams.h"
#include "normlab/core/writable_folder.h"
#include "run_files.h"

namespace {

struct BenchArguments {
  std::string part, filter, json;
  std::string seconds = "0.3";
  bool no_limits = false, quiet = false;
};

normlab::bench::BenchOptions read_options(const BenchArguments& arguments) {
  normlab::bench::BenchOptions options;
  const std::vector<std::string>& parts = bench_parts();
  if (!arguments.part.empty()) {
    if (std::find(parts.begin(), parts.end(), arguments.part) == parts.end()) {
      normlab::refuse_name("part", arguments.part, parts);
    }
    options.kernels = arguments.part == "kernels";
    options.steps = arguments.part == "steps";
    options.scaling = arguments.part == "scaling";
  }
  options.filter = arguments.filter;
  options.limits = !arguments.no_limits;
  const normlab::Json seconds = normlab::parse_shell_value(arguments.seconds);
  if (!seconds.is_number() || !(seconds.get<double>() > 0) || seconds.get<double>() > 3600) {
    normlab::refuse("seconds", arguments.seconds, "a number above 0, at most 3600, is");
  }
  options.seconds = seconds.get<double>();
  return options;
}

// A file that cannot be written is refused before minutes are spent on measuring.
void require_writable(const std::string& file) {
  const std::filesystem::path path(file);
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) {
    normlab::refuse("json", file, "a file in a folder that exists is");
  }
  if (std::filesystem::is_directory(path, error)) normlab::refuse("json", file, "a file, not a folder, is");
  if (error == std::errc::filename_too_long) normlab::refuse("json", file, "a shorter name is");
  if (is_null_device(path)) return;
  require_regular_file({"json", path});
  const std::filesystem::path target = normlab::follow_links(path);
  normlab::require_writable_folder(target.has_parent_path() ? target.parent_path() : ".", "json");
}

// Also where the file cannot be written, which is told in the end: what was measured is not lost.
void write_results(const normlab::bench::BenchResult& result, const std::string& file) {
  std::exception_ptr problem;
  try {
    if (!file.empty()) normlab::write_whole(file, normlab::bench::to_json(result).dump(2) + "\n");
  } catch (const normlab::RunError&) {
    problem = std::current_exception();
  }
  normlab::print_out(normlab::bench::render_bench(result));
  for (const std::string& warning : normlab::bench::noise_warnings(result)) normlab::log_warning(warning);
  if (problem) std::rethrow_exception(problem);
}

int bench(const BenchArguments& arguments) {
  const normlab::bench::BenchOptions options = read_options(arguments);
  if (!arguments.json.empty()) require_writable(arguments.json);
  normlab::set_quiet(arguments.quiet);
  const auto result = normlab::bench::run_bench(
      options, [](std::string_view what) { normlab::log_info(fmt::format("measuring {}", what)); });
  write_results(result, arguments.json);
  return 0;
}

}  // namespace

const std::vector<std::string>& bench_parts() {
  static const std::vector<std::string> parts{"kernels", "steps", "scaling"};
  return parts;
}

void add_bench(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand(
      "bench", "Measure kernels and training steps against this machine's limits, on one thread");
  auto arguments = std::make_shared<BenchArguments>();
  command->add_option("part", arguments->part, "kernels, steps or scaling [default: all three]")
      ->type_name("PART");
  command
      ->add_option(
          "--filter", arguments->filter,
          "Only what has this in its name, as in \"lstm-layer\" or \"layer 4096\" [default: everything]")
      ->type_name("TEXT");
  command
      ->add_option("--seconds", arguments->seconds,
                   "Seconds for each figure; more narrow its uncertainty [default: 0.3]")
      ->type_name("SECONDS");
  command->add_option("--json", arguments->json, "Also write everything here (docs/results-format.md)")
      ->type_name("FILE");
  command->add_flag("--no-limits", arguments->no_limits,
                    "Only time the steps, without the machine's limits and the fractions of them that they "
                    "reach [default: off]");
  command->add_flag("--quiet", arguments->quiet, "No progress on standard error [default: off]");
  command->callback([&action, arguments] { action = [arguments] { return bench(*arguments); }; });
}
