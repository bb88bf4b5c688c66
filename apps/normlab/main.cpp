// normlab: reads the command line, does what it says, and turns errors into exit statuses:
// 0 done, 1 something that was asked for failed, 2 the request was wrong, 130 interrupted after checkpoints.
#include <algorithm>
#include <new>
#include <sstream>
#include <string>
#include <vector>

#include "command_tree.h"
#include "commands.h"
#include "normlab/core/error.h"
#include "normlab/core/log.h"
#include "normlab/core/standard_streams.h"
#include "normlab/experiment/process/stop_signals.h"
#include "parse_error.h"

namespace {

// Makes "--quiet=5" an error in `app` and all commands below it.
void forbid_values_of_flags(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    if (option->get_items_expected_max() == 0) option->disable_flag_override();
  }
  for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; }))
    forbid_values_of_flags(*command);
}

// --out "$FOLDER" with a variable that is not set must not mean the default. Hidden commands are the
// program's own.
void forbid_empty_values(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    if (option->get_items_expected_max() == 0) continue;
    option->check([option](const std::string& text) {
      if (text.empty()) normlab::refuse(option->get_single_name(), "\"\"", "a value that is not empty is");
      return std::string();
    });
  }
  for (CLI::App* command : visible_commands(&app)) forbid_empty_values(*command);
}

void describe(CLI::App& program, Action& action) {
  program.set_version_flag("--version", version_text,
                           "Print the versions of everything that matters for numbers");
  program.require_subcommand(1);
  program.option_defaults()->take_last();  // an option that is given twice counts as given last
  program.get_formatter()->column_width(42);
  add_run(program, action);
  add_sweep(program, action);
  add_time(program, action);
  add_report(program, action);
  add_claims(program, action);
  add_show(program, action);
  add_data(program, action);
  add_bench(program, action);
  add_help(program, action);
  add_completion(program, action);
  add_complete(program, action);
  add_manual(program, action);
  add_run_child(program, action);
  forbid_values_of_flags(program);
  forbid_empty_values(program);
}

// In `app` or one of the commands below it.
bool is_flag(CLI::App& app, const std::string& name) {
  const CLI::Option* option = app.get_option_no_throw(name);
  if (option != nullptr && option->get_items_expected_max() == 0) return true;
  const std::vector<CLI::App*> commands = visible_commands(&app);
  return std::any_of(commands.begin(), commands.end(),
                     [&](CLI::App* command) { return is_flag(*command, name); });
}

// In the order in which CLI11 takes them, from the last to the first. "--out=" has the empty value, and not
// the next argument.
std::vector<std::string> reversed_arguments(CLI::App& program, int count, char** arguments) {
  std::vector<std::string> reversed;
  reversed.reserve(2 * static_cast<std::size_t>(count));
  for (int i = count - 1; i > 0; --i) {
    const std::string argument = arguments[i];
    const bool is_empty = argument.starts_with("--") && argument.find('=') + 1 == argument.size();
    const std::string name = is_empty ? argument.substr(0, argument.size() - 1) : argument;
    if (is_empty && is_flag(program, name)) throw normlab::RequestError(name + ": it takes no value.");
    if (is_empty) reversed.emplace_back();
    reversed.push_back(name);
  }
  return reversed;
}

int parse_and_run(int argument_count, char** arguments) {
  CLI::App program(
      "Trains networks with each normalization over a sweep of batch sizes, and measures how many epochs "
      "and how much time they need to reach a target.",
      "normlab");
  Action action;
  describe(program, action);
  try {
    program.parse(reversed_arguments(program, argument_count, arguments));
  } catch (const CLI::Success& success) {  // --help and the like
    std::ostringstream text;
    const int status = program.exit(success, text, text);
    normlab::print_out(text.str());
    return status;
  } catch (const CLI::ParseError& error) {
    throw normlab::RequestError(explain(program, error));
  }
  return action();
}

int report_error(const char* message, int status) noexcept {
  normlab::log_message(message);
  return status;
}

}  // namespace

int main(int argument_count, char** arguments) {
  normlab::prepare_standard_streams();
  normlab::exit_on_signals();  // commands with something to keep take over
  try {
    return parse_and_run(argument_count, arguments);
  } catch (const normlab::RequestError& error) {
    return report_error(error.what(), 2);
  } catch (const normlab::BrokenPipe&) {
    return 1;  // whoever took the first lines only does not want to hear of it
  } catch (const std::bad_alloc&) {
    return report_error("not enough memory.", 1);
  } catch (const std::exception& error) {
    return report_error(error.what(), 1);
  }
}
