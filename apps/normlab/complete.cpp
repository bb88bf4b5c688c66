// normlab complete: reads a command line up to the cursor from standard input and prints what may be typed
// there, in the form that the scripts of completion.cpp read. Everything comes from the program's own
// commands and settings.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "command_tree.h"
#include "commands.h"
#include "normlab/analysis/export/format.h"
#include "normlab/claims/claims_format.h"
#include "normlab/core/standard_streams.h"
#include "normlab/data/fetch.h"
#include "normlab/data/registry.h"
#include "normlab/experiment/config/config_json.h"
#include "settings.h"

namespace {

using Names = std::vector<std::string>;

// The words of a line as a shell reads them; the last is the one at the cursor, "" behind a blank.
Names split_line(const std::string& line) {
  Names words{""};
  char quote = 0;
  bool blank_before = true;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const bool blank = quote == 0 && (c == ' ' || c == '\t' || c == '\n');
    if (blank && !blank_before) words.emplace_back();
    blank_before = blank;
    if (blank) continue;
    if (c == '\\' && quote != '\'' && i + 1 < line.size()) {
      words.back() += line[++i];
    } else if (c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
    } else {
      words.back() += c;
    }
  }
  return words;
}

// What may stand at the cursor.
class Answer {
 public:
  explicit Answer(std::string word) : word_(std::move(word)) {}

  const std::string& word() const { return word_; }
  void add(const std::string& candidate, const std::string& description = "") {
    if (!candidate.starts_with(word_)) return;
    text_ += fmt::format("{}{}{}\n", candidate, description.empty() ? "" : "\t", description);
  }
  void add_paths(std::string_view kind, std::string_view prefix) {
    if (word_.starts_with(prefix)) text_ += fmt::format("@{}\t{}\n", kind, prefix);
  }
  std::string text() const { return fmt::format("@word\t{}\n{}", word_, text_); }

 private:
  std::string word_, text_;
};

// `prefix` is what of the word stands before the value: "", "--dataset=" or "dataset=".
void add_datasets(Answer& answer, const std::string& prefix) {
  for (const normlab::DatasetListing& listing : normlab::list_datasets()) {
    const std::size_t colon = listing.name.find(':');
    const bool takes_path = colon != std::string::npos && listing.description.starts_with("any ");
    const std::string name = prefix + (takes_path ? listing.name.substr(0, colon + 1) : listing.name);
    if (!takes_path || !answer.word().starts_with(name)) answer.add(name, listing.description);
  }
  if (answer.word().starts_with(prefix + "idx:")) answer.add_paths("folders", prefix + "idx:");
  if (answer.word().starts_with(prefix + "text:")) answer.add_paths("files", prefix + "text:");
}

void add_setting_values(Answer& answer, const std::string& path, const std::string& prefix) {
  if (path == "dataset") return add_datasets(answer, prefix);
  if (path == "dataset.path" || path == "initial_parameters") return answer.add_paths("files", prefix);
  for (const normlab::SettingDescription& setting : normlab::list_settings()) {
    if (setting.path != path) continue;
    for (const std::string& choice : setting.choices) answer.add(prefix + choice);
  }
}

// "norm=la", and in a sweep "norm=none,la".
void add_settings(Answer& answer, const std::string& prefix, bool lists) {
  const std::string typed = answer.word().substr(prefix.size());
  const std::size_t equals = typed.find('=');
  if (equals == std::string::npos) {
    for (const normlab::SettingDescription& setting : normlab::list_settings())
      answer.add(prefix + setting.path + "=");
    return;
  }
  const std::size_t comma = lists ? typed.rfind(',') : std::string::npos;
  const std::size_t said = comma == std::string::npos ? equals + 1 : comma + 1;
  add_setting_values(answer, typed.substr(0, equals), prefix + typed.substr(0, said));
}

const Names& named_values(const std::string& command, const std::string& option) {
  static const Names none;
  if (option == "--format" && command.starts_with("normlab claims")) return normlab::claims_format_names();
  if (option == "--format") return normlab::report_format_names();
  if (command == "normlab bench" && option == "part") return bench_parts();
  if (command == "normlab completion" && option == "shell") return completion_shells();
  if (command == "normlab data fetch" && option == "name") return normlab::fetchable_datasets();
  return none;
}

void add_values(Answer& answer, const CLI::App* command, const CLI::Option& option,
                const std::string& prefix) {
  const std::string words = command_words(command), name = option.get_name(), type = option.get_type_name();
  if (name == "--set")
    return add_settings(answer, prefix, words == "normlab sweep" || words == "normlab time");
  if (words == "normlab data check" && name == "name") return add_datasets(answer, prefix);
  if (name == "--unit") return add_setting_values(answer, "dataset.unit", prefix);
  if (type.starts_with("FILE") || type.ends_with(".json")) return answer.add_paths("files", prefix);
  if (type == "FOLDER") return answer.add_paths("folders", prefix);
  const std::string path = setting_path(option);
  if (!path.empty()) return add_setting_values(answer, path, prefix);
  for (const std::string& value : named_values(words, name)) answer.add(prefix + value);
}

std::string first_clause(const std::string& description) {
  return description.substr(0, description.find_first_of(":;[\n"));
}

void add_commands(Answer& answer, CLI::App* app) {
  for (const CLI::App* command : visible_commands(app))
    answer.add(command->get_name(), command->get_description());
}

void add_options(Answer& answer, CLI::App* app) {
  for (const CLI::Option* option : app->get_options()) {
    for (const std::string& name : option->get_lnames()) {
      answer.add("--" + name, first_clause(option->get_description()));
    }
  }
}

// Where the cursor stands: in which command, behind which option that wants a value, after how many
// arguments.
struct Place {
  CLI::App* command;
  const CLI::Option* pending = nullptr;
  std::size_t arguments = 0;
};

const CLI::Option* find_option(CLI::App* app, const std::string& flag) {
  for (const CLI::Option* option : app->get_options()) {
    if (!option->get_positional() && option->check_name(flag)) return option;
  }
  return nullptr;
}

CLI::App* find_command(CLI::App* app, const std::string& name) {
  for (CLI::App* command : visible_commands(app)) {
    if (command->get_name() == name) return command;
  }
  return nullptr;
}

Place find_place(CLI::App& program, const Names& words) {
  Place place{&program};
  for (std::size_t i = 1; i + 1 < words.size(); ++i) {
    if (place.pending != nullptr) {
      place.pending = nullptr;
    } else if (words[i].starts_with("-")) {
      const CLI::Option* option = find_option(place.command, words[i]);
      if (option != nullptr && option->get_items_expected_max() > 0) place.pending = option;
    } else if (CLI::App* command = find_command(place.command, words[i])) {
      place = Place{command};
    } else {
      ++place.arguments;
    }
  }
  return place;
}

// What stands behind "help": the commands, one below the other.
void add_help_words(Answer& answer, CLI::App& program, const Names& words) {
  CLI::App* command = &program;
  for (std::size_t i = 2; i + 1 < words.size() && command != nullptr; ++i)
    command = find_command(command, words[i]);
  if (command != nullptr) add_commands(answer, command);
}

void add_arguments(Answer& answer, const Place& place) {
  std::size_t place_of_option = 0;
  for (const CLI::Option* option : place.command->get_options()) {
    if (!option->get_positional()) continue;
    const bool takes_rest = option->get_items_expected_max() > 1;
    const std::size_t first = place_of_option++;
    if (first != place.arguments && !(takes_rest && first < place.arguments)) continue;
    return add_values(answer, place.command, *option, "");
  }
  add_options(answer, place.command);
}

std::string complete(CLI::App& program, const std::string& line) {
  const Names words = split_line(line);
  Answer answer(words.back());
  const Place place = find_place(program, words);
  const std::size_t equals = answer.word().find('=');
  if (place.pending != nullptr) {
    add_values(answer, place.command, *place.pending, "");
  } else if (answer.word().starts_with("--") && equals != std::string::npos) {
    const CLI::Option* option = find_option(place.command, answer.word().substr(0, equals));
    if (option != nullptr) add_values(answer, place.command, *option, answer.word().substr(0, equals + 1));
  } else if (answer.word().starts_with("-")) {
    add_options(answer, place.command);
  } else if (words.size() > 2 && words[1] == "help") {
    add_help_words(answer, program, words);
  } else if (!visible_commands(place.command).empty()) {
    add_commands(answer, place.command);
  } else {
    add_arguments(answer, place);
  }
  return answer.text();
}

}  // namespace

void add_complete(CLI::App& program, Action& action) {
  CLI::App* command =
      program.add_subcommand("complete", "What may be typed next, for the completion scripts");
  command->group("");  // not in --help
  command->callback([&program, &action] {
    action = [&program] {
      std::string line;
      std::getline(std::cin, line);
      normlab::print_out(complete(program, line));
      return 0;
    };
  });
}
