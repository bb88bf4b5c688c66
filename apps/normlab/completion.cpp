// normlab completion: scripts that let a shell ask the program itself (complete.cpp) what may be typed next.
#include "commands.h"
#include "normlab/core/error.h"
#include "normlab/core/standard_streams.h"

namespace {

// What the scripts read: "@word WORD", the word at the cursor without its quotes;
// "CANDIDATE<tab>DESCRIPTION", which starts with that word; "@files PREFIX" or "@folders PREFIX", where a
// path may follow the prefix.

// readline breaks words at "=" and ":", and replaces only what stands behind the last of them.
constexpr const char* bash_script = R"SCRIPT(# bash completion of normlab: source <(normlab completion bash)
_normlab() {
  local shown="${2//\\/}" word="" first rest skip prefix
  COMPREPLY=()
  while IFS=$'\t' read -r first rest; do
    case "$first" in
      @word) word="$rest" skip="${rest%"$shown"}" ;;
      @files | @folders)
        prefix="$rest"
        compopt -o filenames
        local flag=-f path
        [ "$first" = @folders ] && flag=-d
        while IFS= read -r path; do
          path="$prefix$path"
          COMPREPLY+=("${path#"$skip"}")
        done < <(compgen "$flag" -- "${word#"$prefix"}")
        ;;
      *)
        case "$first" in *[=:]) compopt -o nospace ;; esac
        COMPREPLY+=("${first#"$skip"}")
        ;;
    esac
  done < <("${1/#\~/$HOME}" complete 2>/dev/null <<<"${COMP_LINE:0:COMP_POINT}")
}
complete -F _normlab normlab
)SCRIPT";

constexpr const char* zsh_script = R"SCRIPT(#compdef normlab
# zsh completion of normlab: source <(normlab completion zsh), or a file _normlab in $fpath
_normlab() {
  local first rest kind="" prefix="" found=1
  local -a names shown open_names open_shown
  while IFS=$'\t' read -r first rest; do
    case "$first" in
      @word) ;;
      @files | @folders) kind="$first" prefix="$rest" ;;
      *[=:]) open_names+=("$first") open_shown+=("$first${rest:+  -- $rest}") ;;
      *) names+=("$first") shown+=("$first${rest:+  -- $rest}") ;;
    esac
  done < <("${(Q)words[1]/#\~/$HOME}" complete 2>/dev/null <<<"${(j: :)words[1,CURRENT-1]} $PREFIX")
  (( $#names )) && compadd -l -d shown -a names && found=0
  (( $#open_names )) && compadd -l -S '' -d open_shown -a open_names && found=0
  if [[ -n "$kind" ]]; then
    compset -p $#prefix
    if [[ "$kind" = @folders ]]; then _files -/ && found=0; else _files && found=0; fi
  fi
  return $found
}
if [ "${funcstack[1]}" = "_normlab" ]; then _normlab "$@"; else compdef _normlab normlab; fi
)SCRIPT";

constexpr const char* fish_script = R"SCRIPT(# fish completion of normlab: normlab completion fish | source
function __normlab_complete
    set -l program (commandline -opc)[1]
    set -l word ""
    commandline -cp | $program complete 2>/dev/null | while read -l line
        set -l parts (string split -m 1 \t -- $line)
        switch $parts[1]
            case @word
                set word $parts[2]
            case @files @folders
                set -l list __fish_complete_path
                test $parts[1] = @folders; and set list __fish_complete_directories
                set -l typed (string sub -s (math (string length -- "$parts[2]") + 1) -- $word)
                for path in ($list "$typed")
                    echo $parts[2]$path
                end
            case '*'
                echo $line
        end
    end
end
complete -c normlab -f -a '(__normlab_complete)'
)SCRIPT";

}  // namespace

const std::vector<std::string>& completion_shells() {
  static const std::vector<std::string> shells{"bash", "zsh", "fish"};
  return shells;
}

void add_completion(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand("completion", "Print a completion script for a shell");
  auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "bash, zsh or fish")->type_name("SHELL")->required();
  command->callback([&action, shell] {
    action = [shell] {
      if (*shell == "bash") {
        normlab::print_out(bash_script);
      } else if (*shell == "zsh") {
        normlab::print_out(zsh_script);
      } else if (*shell == "fish") {
        normlab::print_out(fish_script);
      } else {
        normlab::refuse_name("shell", *shell, completion_shells());
      }
      return 0;
    };
  });
}
