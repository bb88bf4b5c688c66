#include "parse_error.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "command_tree.h"
#include "normlab/core/error.h"
#include "normlab/core/text.h"
#include "normlab/experiment/config_json.h"
#include "settings.h"

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

// " (did you mean --set norm=…?)" for the name of an option or a setting, or "".
std::string set_suggestion(const std::string& path) {
  return path.empty() ? "" : fmt::format(" (did you mean --set {}=…?)", path);
}

// "--hidden-size" as the setting that it may mean, or "".
std::string setting_like(std::string name) {
  name.erase(0, name.find_first_not_of('-'));
  std::replace(name.begin(), name.end(), '-', '_');
  return normlab::setting_within_object(name);
}

// A sweep takes --set where `run` has options for settings.
std::string option_suggestion(CLI::App* command, const std::string& name) {
  const std::string words = command->get_name();
  if (words != "run" && words != "sweep") return suggestion(name, option_flags(command));
  const Names run_flags = option_flags(command->get_parent()->get_subcommand("run"));
  if (const std::string path = setting_of_option(name); !path.empty()) return set_suggestion(path);
  if (std::string near = suggestion(name, option_flags(command)); !near.empty()) return near;
  const std::string path = setting_of_option(normlab::nearest_name(name, run_flags));
  return set_suggestion(path.empty() ? setting_like(name) : path);
}

// "lr=0.1" without its --set.
std::string argument_suggestion(const std::string& extra) {
  const std::size_t equals = extra.find('=');
  if (equals == std::string::npos) return "";
  const std::string key = extra.substr(0, equals), path = setting_like(key);
  return fmt::format(" (did you mean --set {}?)",
                     normlab::shortened((path.empty() ? key : path) + extra.substr(equals)));
}

std::string explain_extra(CLI::App* command, const std::string& extra) {
  const std::string words = command_words(command);
  if (extra.size() > 1 && extra[0] == '-') {
    const std::string name = extra.substr(0, extra.find('='));
    return fmt::format("{}: unknown option of \"{}\"; those of \"{} --help\" are known{}.",
                       normlab::shortened(name), words, words, option_suggestion(command, name));
  }
  if (!visible_commands(command).empty()) return explain_unknown_command(command, extra);
  return fmt::format("{}: unexpected argument of \"{}\"; \"{} --help\" shows what it takes{}.",
                     normlab::quotation(extra), words, words, argument_suggestion(extra));
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
