#include "parse_error.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "command_tree.h"
#include "normlab/core/error.h"
#include "normlab/core/text.h"

namespace {

using Names = std::vector<std::string>;

// The innermost command that was named.
CLI::App* chosen_command(CLI::App* app) {
  while (!app->get_subcommands().empty()) app = app->get_subcommands().back();
  return app;
}

std::string suggestion(const std::string& name, const Names& known) {
  const std::string nearest = normlab::nearest_name(name, known);
  return nearest.empty() ? "" : fmt::format(" (did you mean {}?)", nearest);
}

std::string explain_extra(CLI::App* command, const std::string& extra) {
  const std::string words = command_words(command);
  if (extra.size() > 1 && extra[0] == '-') {
    const std::string name = extra.substr(0, extra.find('='));
    return fmt::format("{}: unknown option of \"{}\"; those of \"{} --help\" are known{}.",
                       normlab::shortened(name), words, words, suggestion(name, option_flags(command)));
  }
  if (!visible_commands(command).empty()) return explain_unknown_command(command, extra);
  return fmt::format("{}: unexpected argument of \"{}\"; \"{} --help\" shows what it takes.",
                     normlab::quotation(extra), words, words);
}

// One line that ends in a full stop.
std::string as_sentence(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  text.erase(text.find_last_not_of(" .") + 1);
  return text + ".";
}

}  // namespace

std::string explain_unknown_command(CLI::App* command, const std::string& name) {
  const Names commands = command_names(command);
  return fmt::format("{}: unknown command of \"{}\"; known are {}{}.", normlab::quotation(name),
                     command_words(command), fmt::join(commands, ", "), suggestion(name, commands));
}

std::string explain(CLI::App& program, const CLI::ParseError& error) {
  CLI::App* command = chosen_command(&program);
  // An unknown name explains more than what is missing because of it.
  const Names extras = program.remaining(true);
  if (!extras.empty()) return explain_extra(command, extras.front());
  const Names commands = command_names(command);
  if (!commands.empty() && command->get_subcommands().empty()) {
    return fmt::format("command: none is given to \"{}\"; known are {}.", command_words(command),
                       fmt::join(commands, ", "));
  }
  return as_sentence(fmt::format("{} ({} --help shows what is allowed)", normlab::shortened(error.what()),
                                 command_words(command)));
}
