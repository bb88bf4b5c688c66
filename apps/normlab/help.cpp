// normlab help: the same as --help, asked for the other way round.
#include "command_tree.h"
#include "commands.h"
#include "normlab/core/error.h"
#include "normlab/core/standard_streams.h"
#include "normlab/core/text.h"
#include "parse_error.h"

namespace {

// The command that `words` name, below `program`.
CLI::App* find_command(CLI::App* program, const std::vector<std::string>& words) {
  CLI::App* command = program;
  for (const std::string& word : words) {
    CLI::App* next = nullptr;
    for (CLI::App* candidate : visible_commands(command)) {
      if (candidate->get_name() == word) next = candidate;
    }
    if (next == nullptr && !visible_commands(command).empty()) {
      throw normlab::RequestError(explain_unknown_command(command, word));
    }
    if (next == nullptr) {
      normlab::refuse("command", normlab::quotation(word),
                      "\"" + command_words(command) + "\" has no commands, so nothing is");
    }
    command = next;
  }
  return command;
}

}  // namespace

void add_help(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand("help", "Print what --help of a command prints");
  auto words = std::make_shared<std::vector<std::string>>();
  command->add_option("command", *words, "The command, such as run or data check [default: the program]")
      ->type_name("COMMAND");
  command->callback([&program, &action, words] {
    action = [&program, words] {
      const CLI::App* chosen = find_command(&program, *words);
      normlab::print_out(
          chosen->get_formatter()->make_help(chosen, command_words(chosen), CLI::AppFormatMode::Normal));
      return 0;
    };
  });
}
