// What there is to type: the commands and options of the program, as CLI11 knows them.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

// The commands right below `app` that --help shows.
std::vector<CLI::App*> visible_commands(CLI::App* app);

// Their names.
std::vector<std::string> command_names(CLI::App* app);

// "normlab data check"
std::string command_words(const CLI::App* app);

// The options of `app`: "--norm", ….
std::vector<std::string> option_flags(CLI::App* app);
