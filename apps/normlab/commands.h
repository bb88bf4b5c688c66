// The subcommands. Each file adds one to the program and, when it was chosen, leaves what to do in `action`,
// so that nothing starts before the whole command line has been understood.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

using Action = std::function<int()>;  // returns the exit status

void add_run(CLI::App& program, Action& action);
void add_run_child(CLI::App& program, Action& action);  // hidden: what the children of a sweep do
void add_sweep(CLI::App& program, Action& action);
void add_time(CLI::App& program, Action& action);
void add_report(CLI::App& program, Action& action);
void add_claims(CLI::App& program, Action& action);
void add_show(CLI::App& program, Action& action);
void add_data(CLI::App& program, Action& action);
void add_bench(CLI::App& program, Action& action);
void add_help(CLI::App& program, Action& action);
void add_completion(CLI::App& program, Action& action);
void add_complete(CLI::App& program, Action& action);  // hidden: what the completion scripts ask
void add_manual(CLI::App& program, Action& action);    // hidden: the man page

// What `normlab bench` takes: "kernels", ….
const std::vector<std::string>& bench_parts();

// What `normlab completion` takes: "bash", ….
const std::vector<std::string>& completion_shells();

// What `normlab --version` prints.
std::string version_text();

// Of a sweep, or claims, that a signal stopped: says how it goes on, and returns the exit status.
int interrupted();

// The value of --checkpoint-seconds; RequestError when it is no number above 0.
double read_checkpoint_seconds(const std::string& text);
