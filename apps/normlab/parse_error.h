// Command lines that cannot be understood, in one sentence.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

// What was wrong, with the nearest known name when something is misspelt.
std::string explain(CLI::App& program, const CLI::ParseError& error);

// The same for a word that stands where a command of `command` is expected, and is none.
std::string explain_unknown_command(CLI::App* command, const std::string& name);
