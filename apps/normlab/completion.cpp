// normlab completion: scripts for shells, made from the commands and options themselves.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "command_tree.h"
#include "commands.h"
#include "normlab/core/error.h"
#include "normlab/core/standard_streams.h"
#include "settings.h"

namespace {

using Names = std::vector<std::string>;

// Everything that may follow a command: its commands and its options.
Names words_after(CLI::App* app) {
  Names words;
  for (const CLI::App* command : visible_commands(app)) words.push_back(command->get_name());
  for (const std::string& flag : option_flags(app)) words.push_back(flag);
  return words;
}

// "run", "data check": the commands below `app`, with their words.
void collect(CLI::App* app, const std::string& words,
             std::vector<std::pair<std::string, CLI::App*>>& commands) {
  commands.emplace_back(words, app);
  for (CLI::App* command : visible_commands(app)) {
    collect(command, words.empty() ? command->get_name() : words + " " + command->get_name(), commands);
  }
}

// "    --norm) choices="none batch layer" ;;", for every option that chooses from names.
std::string choice_cases(const std::vector<std::pair<std::string, CLI::App*>>& commands) {
  std::string cases;
  Names seen;
  for (const auto& [words, app] : commands) {
    for (const CLI::Option* option : app->get_options()) {
      const Names choices = option_choices(*option);
      if (choices.empty()) continue;
      const std::string flag = "--" + option->get_lnames().front();
      if (std::find(seen.begin(), seen.end(), flag) != seen.end()) continue;
      seen.push_back(flag);
      cases += fmt::format("    {}) choices=\"{}\" ;;\n", flag, fmt::join(choices, " "));
    }
  }
  return cases;
}

std::string command_cases(const std::vector<std::pair<std::string, CLI::App*>>& commands) {
  std::string cases;
  for (const auto& [words, app] : commands) {
    cases += fmt::format("    \"{}\") choices=\"{}\" ;;\n", words, fmt::join(words_after(app), " "));
  }
  return cases;
}

constexpr const char* bash_script = R"(# bash completion of normlab: source <(normlab completion bash)
_normlab() {{
  local word="${{COMP_WORDS[COMP_CWORD]}}" previous="${{COMP_WORDS[COMP_CWORD-1]}}" command="" choices="" i
  case "$previous" in
{0}  esac
  if [ -z "$choices" ]; then
    for ((i = 1; i < COMP_CWORD; i++)); do
      case "$command ${{COMP_WORDS[i]}}" in
        {1}) command="${{command:+$command }}${{COMP_WORDS[i]}}" ;;
      esac
    done
    case "$command" in
{2}    esac
    case "$word" in
      -*) ;;
      *) [ "$command" = "" ] || [ "$command" = "data" ] || [ "$command" = "completion" ] || choices="" ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$choices" -- "$word"))
}}
complete -o default -F _normlab normlab
)";

constexpr const char* zsh_script = R"(#compdef normlab
# zsh completion of normlab: source <(normlab completion zsh), or a file _normlab in $fpath
_normlab() {{
  local previous="${{words[CURRENT-1]}}" command="" choices="" i
  case "$previous" in
{0}  esac
  if [ -z "$choices" ]; then
    for ((i = 2; i < CURRENT; i++)); do
      case "$command ${{words[i]}}" in
        {1}) command="${{command:+$command }}${{words[i]}}" ;;
      esac
    done
    case "$command" in
{2}    esac
    case "${{words[CURRENT]}}" in
      -*) ;;
      *) [ "$command" = "" ] || [ "$command" = "data" ] || [ "$command" = "completion" ] || choices="" ;;
    esac
  fi
  if [ -n "$choices" ]; then
    compadd -- ${{=choices}}
  else
    _files
  fi
}}
if [ "${{funcstack[1]}}" = "_normlab" ]; then _normlab "$@"; else compdef _normlab normlab; fi
)";

// "" run" | "data check" …: which words continue which command.
std::string continuation_pattern(const std::vector<std::pair<std::string, CLI::App*>>& commands) {
  Names patterns;
  for (const auto& [words, app] : commands) {
    if (words.empty()) continue;
    patterns.push_back(fmt::format("\"{}{}\"", words.find(' ') == std::string::npos ? " " : "", words));
  }
  return fmt::format("{}", fmt::join(patterns, " | "));
}

std::string completion_script(CLI::App& program, const std::string& shell) {
  static const Names shells{"bash", "zsh"};
  if (shell != "bash" && shell != "zsh") normlab::refuse_name("shell", shell, shells);
  std::vector<std::pair<std::string, CLI::App*>> commands;
  collect(&program, "", commands);
  return fmt::format(fmt::runtime(shell == "bash" ? bash_script : zsh_script), choice_cases(commands),
                     continuation_pattern(commands), command_cases(commands));
}

}  // namespace

void add_completion(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand("completion", "Print a completion script for a shell");
  auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "bash or zsh")->type_name("SHELL")->required();
  command->callback([&program, &action, shell] {
    action = [&program, shell] {
      normlab::print_out(completion_script(program, *shell));
      return 0;
    };
  });
}
