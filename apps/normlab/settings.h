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

// An experiment's file, and a repeatable option --set that changes it.
void add_spec_options(CLI::App& command, std::string& file, std::vector<std::string>& set);

// The dotted path of the setting that an option such as --norm stands for; "" for other options.
std::string setting_path(const CLI::Option& option);
