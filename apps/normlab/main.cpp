// normlab: reads the command line, does what it says, and turns errors into exit statuses:
// 0 done, 1 something that was asked for failed, 2 the request was wrong, 130 interrupted after checkpoints.
#include <fmt/format.h>

#include <cstdio>
#include <new>

#include "commands.h"
#include "normlab/core/error.h"
#include "parse_error.h"

namespace {

int parse_and_run(CLI::App& program, Action& action, int argument_count, char** arguments) {
  try {
    program.parse(argument_count, arguments);
  } catch (const CLI::Success& success) {  // --help and the like
    return program.exit(success);
  } catch (const CLI::ParseError& error) {
    throw normlab::RequestError(explain(program, error));
  }
  return action();
}

int report_error(const char* message, int status) {
  fmt::print(stderr, "normlab: {}\n", message);
  return status;
}

}  // namespace

int main(int argument_count, char** arguments) {
  CLI::App program(
      "Trains networks with each normalization over a sweep of batch sizes, and measures how many epochs "
      "and how much time they need to reach a target.",
      "normlab");
  Action action;
  program.set_version_flag("--version", version_text,
                           "Print the versions of everything that matters for numbers");
  program.require_subcommand(1);
  program.option_defaults()->take_last();  // an option that is given twice counts as given last
  program.get_formatter()->column_width(42);
  add_run(program, action);
  add_sweep(program, action);
  add_report(program, action);
  add_show(program, action);
  add_data(program, action);
  add_bench(program, action);
  add_completion(program, action);
  add_run_cell(program, action);
  try {
    return parse_and_run(program, action, argument_count, arguments);
  } catch (const normlab::RequestError& error) {
    return report_error(error.what(), 2);
  } catch (const std::bad_alloc&) {
    return report_error("not enough memory.", 1);
  } catch (const std::exception& error) {
    return report_error(error.what(), 1);
  }
}
