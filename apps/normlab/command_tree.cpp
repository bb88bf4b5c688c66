#include "command_tree.h"

#include <fmt/format.h>

std::vector<CLI::App*> visible_commands(CLI::App* app) {
  std::vector<CLI::App*> commands;
  for (CLI::App* command : app->get_subcommands([](CLI::App*) { return true; })) {
    if (!command->get_group().empty()) commands.push_back(command);
  }
  return commands;
}

std::vector<std::string> command_names(CLI::App* app) {
  std::vector<std::string> names;
  for (const CLI::App* command : visible_commands(app)) names.push_back(command->get_name());
  return names;
}

std::string command_words(const CLI::App* app) {
  std::string words = app->get_name();
  for (app = app->get_parent(); app != nullptr; app = app->get_parent())
    words.insert(0, app->get_name() + " ");
  return words;
}

std::vector<std::string> option_flags(CLI::App* app) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : app->get_options()) {
    for (const std::string& name : option->get_lnames()) flags.push_back(fmt::format("--{}", name));
  }
  return flags;
}
