#include "command_tree.h"

#include <fmt/format.h>

std::vector<CLI::App*> visible_commands(CLI::App* app) {
  std::vector<CLI::App*> commands;
  for (CLI::App* command : app->get_subcommands([](CLI::App*) { return true; })) {
    if (!command->get_group().empty()) commands.push_back(command);
  }
  return commands;
}

std::vector<std::string> option_flags(CLI::App* app) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : app->get_options()) {
    for (const std::string& name : option->get_lnames()) flags.push_back(fmt::format("--{}", name));
  }
  return flags;
}
