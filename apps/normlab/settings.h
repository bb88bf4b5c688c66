// The options that stand for settings of a config.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "normlab/experiment/config/json.h"

// What the command line said, in the order in which it applies: the settings' own options, then each --set.
struct SettingOptions {
  std::vector<std::pair<std::string, normlab::Json>> typed;  // dotted path and value
  std::vector<std::string> set;                              // "KEY=VALUE"
};

// Adds an option for each common setting, and --set for all. The result is filled while parsing.
std::shared_ptr<SettingOptions> add_setting_options(CLI::App& command);

// Sets on `config` what the command line said. RequestError for a --set with several values.
void apply_settings(const SettingOptions& options, normlab::Json& config);

// The dotted path of the setting that an option of `run` ("--norm") stands for, or "".
std::string setting_of_option(const std::string& flag);

// A repeatable option --set that takes one argument at a time.
CLI::Option* add_set_option(CLI::App& command, std::vector<std::string>& target, const std::string& help);

// The dotted path of the setting that an option such as --norm stands for; "" for other options.
std::string setting_path(const CLI::Option& option);
