#include "parse_error.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <vector>

#include "command_tree.h"
#include "normlab/core/error.h"
#include "normlab/core/file.h"
#include "normlab/core/nearest_name.h"
#include "normlab/core/text.h"
#include "normlab/experiment/config/config_json.h"
#include "settings.h"

namespace {

using Names = std::vector<std::string>;

// The innermost command that was named.
CLI::App* chosen_command(CLI::App* app) {
  while (!app->get_subcommands().empty()) app = app->get_subcommands().back();
  return app;
}

// "-q" as the only one of `flags` that starts with that letter, or "".
std::string flag_of_letter(const std::string& name, const Names& flags) {
  if (name.size() != 2 || name[0] != '-') return "";
  std::string only;
  for (const std::string& flag : flags) {
    if (flag[2] != std::tolower(static_cast<unsigned char>(name[1]))) continue;
    if (!only.empty()) return "";
    only = flag;
  }
  return only;
}

// " (did you mean --norm?)" or "".
std::string flag_suggestion(const std::string& name, const Names& flags) {
  std::string meant = flag_of_letter(name, flags);
  if (meant.empty()) meant = normlab::nearest_name(name, flags);
  return meant.empty() ? "" : fmt::format(" (did you mean {}?)", meant);
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

// A sweep, and its timing, take --set where `run` has options for settings.
std::string option_suggestion(CLI::App* command, const std::string& name) {
  const std::string words = command->get_name();
  if (words != "run" && words != "sweep" && words != "time")
    return flag_suggestion(name, option_flags(command));
  const Names run_flags = option_flags(command->get_parent()->get_subcommand("run"));
  if (const std::string path = setting_of_option(name); !path.empty()) return set_suggestion(path);
  if (std::string near = flag_suggestion(name, option_flags(command)); !near.empty()) return near;
  const std::string path = setting_of_option(normlab::nearest_name(name, run_flags));
  return set_suggestion(path.empty() ? setting_like(name) : path);
}

// "lr=0.1" without its --set, and a file without its --config.
std::string argument_suggestion(const CLI::App* command, const std::string& extra) {
  if (command->get_name() == "run" && extra.ends_with(".json") && normlab::is_file(extra)) {
    const std::string file = normlab::shortened(extra);
    return fmt::format(
        " (did you mean --config {} for the settings or the record of a run, or \"normlab sweep {}\"?)", file,
        file);
  }
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
                     normlab::quotation(extra), words, words, argument_suggestion(command, extra));
}

// The flag of `command` that `error` says was given a value, or "".
std::string flag_with_value(CLI::App* command, const CLI::ParseError& error) {
  for (const CLI::Option* option : command->get_options()) {
    for (const std::string& name : option->get_lnames()) {
      const auto refusal = CLI::ArgumentMismatch::FlagOverride(name);
      if (std::string_view(error.what()) == refusal.what()) return "--" + name;
    }
  }
  return "";
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
  std::string meant = suggestion(name, commands);
  if (meant.empty()) meant = suggestion("--" + name, option_flags(command));
  return fmt::format("{}: unknown command of \"{}\"; known are {}{}.", normlab::quotation(name),
                     command_words(command), fmt::join(commands, ", "), meant);
}

std::string explain(CLI::App& program, const CLI::ParseError& error) {
  CLI::App* command = chosen_command(&program);
  // An unknown name explains more than what is missing because of it.
  const Names extras = program.remaining(true);
  if (!extras.empty()) return explain_extra(command, extras.front());
  if (const std::string flag = flag_with_value(command, error); !flag.empty()) {
    return fmt::format("{}: it takes no value; \"{} --help\" shows what is allowed.", flag,
                       command_words(command));
  }
  const Names commands = command_names(command);
  if (!commands.empty() && command->get_subcommands().empty()) {
    return fmt::format("command: none is given to \"{}\"; known are {}.", command_words(command),
                       fmt::join(commands, ", "));
  }
  return as_sentence(fmt::format("{} ({} --help shows what is allowed)", normlab::shortened(error.what()),
                                 command_words(command)));
}
