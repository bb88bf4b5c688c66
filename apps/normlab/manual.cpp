// normlab man: the manual page in roff, made from the program's own commands, options and settings.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "command_tree.h"
#include "commands.h"
#include "normlab/core/standard_streams.h"
#include "normlab/experiment/config/config_json.h"
#include "normlab/experiment/config/setting_list.h"
#include "normlab/experiment/run/environment.h"

namespace {

// Text that roff prints as it is: "-" stays one that can be copied, and no line starts a request.
std::string plain(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if ((escaped.empty() || escaped.back() == '\n') && (c == '.' || c == '\'')) escaped += "\\&";
    if (c == '\\') {
      escaped += "\\e";
    } else if (c == '-') {
      escaped += "\\-";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string bold(const std::string& text) {
  return fmt::format("\\fB{}\\fR", plain(text));
}

std::string italic(const std::string& text) {
  return fmt::format("\\fI{}\\fR", plain(text));
}

// A term and, indented below it, what it means.
std::string entry(const std::string& term, const std::string& meaning) {
  return fmt::format(".TP\n{}\n{}\n", term, plain(meaning));
}

std::string section(const std::string& name) {
  return fmt::format(".SH {}\n", name);
}

// "--norm NAME", or "FOLDER" for an argument.
std::string option_term(const CLI::Option& option) {
  const std::string value = option.get_items_expected_max() > 0 ? option.get_type_name() : "";
  if (option.get_positional()) return italic(value);
  return bold(option.get_name()) + (value.empty() ? "" : " " + italic(value));
}

std::string command_line(CLI::App* app) {
  std::string line = bold(command_words(app));
  if (!visible_commands(app).empty()) return line + " " + italic("COMMAND");
  for (const CLI::Option* option : app->get_options()) {
    if (!option->get_positional()) continue;
    line += option->get_required() ? " " + option_term(*option) : fmt::format(" [{}]", option_term(*option));
  }
  return line + fmt::format(" [{}]", italic("OPTIONS"));
}

std::string options_of(CLI::App* app) {
  std::string text;
  for (const bool positional : {true, false}) {
    for (const CLI::Option* option : app->get_options()) {
      const bool help = option == app->get_help_ptr();
      if (help || option->get_positional() != positional) continue;
      text += entry(option_term(*option), option->get_description());
    }
  }
  return text;
}

// A command, or each of those below it.
std::string command_text(CLI::App* app) {
  const std::vector<CLI::App*> commands = visible_commands(app);
  std::string text;
  for (CLI::App* command : commands) text += command_text(command);
  if (!commands.empty()) return text;
  return fmt::format(".SS {}\n{}\n.PP\n{}.\n{}", plain(command_words(app)), command_line(app),
                     plain(app->get_description()), options_of(app));
}

std::string synopsis(CLI::App& program) {
  std::string text = section("SYNOPSIS");
  for (CLI::App* command : visible_commands(&program)) text += command_line(command) + "\n.br\n";
  return text + fmt::format("{} {}\n", bold("normlab"), bold("--version"));
}

std::string settings_text() {
  std::string text =
      section("SETTINGS") +
      plain(
          "What --set takes, what a config is made of, and what the grid of an experiment varies. "
          "experiment-format.md has their ranges as well.\n");
  for (const normlab::SettingDescription& setting : normlab::list_settings()) {
    std::string meaning = normlab::with_choices(setting.setting.meaning, setting);
    if (!setting.owners.empty()) meaning += fmt::format(" ({})", setting.owners);
    text += entry(bold(setting.path), fmt::format("{} [default: {}]", meaning, setting.default_text));
  }
  return text;
}

std::string exit_status() {
  return section("EXIT STATUS") + entry("0", "Done.") +
         entry("1", "Something that was asked for failed; what finished is kept.") +
         entry("2",
               "The request was wrong. One sentence on standard error names the field, the value and what is "
               "allowed; nothing was started.") +
         entry("130", "Interrupted, after the checkpoints were written; the same command goes on from them.");
}

std::string environment() {
  return section("ENVIRONMENT") +
         entry(bold("NORMLAB_DATA_DIR"),
               "Where fetched data sets are kept [default: $XDG_DATA_HOME/normlab, or "
               "~/.local/share/normlab].") +
         entry(bold("NORMLAB_RUNTIME_DIR"),
               "Where the lock files are by which all runs of the machine share out its cores [default: "
               "/run/lock/normlab, or /tmp/normlab-cores].") +
         entry(bold("GOMP_SPINCOUNT") + ", " + bold("OMP_WAIT_POLICY"),
               "How threads wait for each other. Without either, a run of more than one thread has them spin "
               "for a "
               "moment and then sleep (GOMP_SPINCOUNT=1000).");
}

std::string files() {
  return section("FILES") +
         entry(italic("results/runs/ID.json"),
               "The record of a run, and beside it ID.checkpoint while it goes on.") +
         entry(italic("results/NAME/"),
               "What a sweep leaves: sweep.json, runs/ID.json for each run, summary.json and summary.csv; "
               "times.json after time.") +
         entry(italic("share/normlab/experiments/"),
               "Experiments to start from, below the folder that the program was installed to, such as "
               "/usr/local. They are called experiments/NAME.json in the examples, as in a source tree.") +
         entry(italic("share/normlab/scripts/plot.py"), "Draws the figures of a results folder.") +
         entry(italic("share/doc/normlab/docs/"),
               "experiment-format.md, results-format.md and the other documents.");
}

std::string examples() {
  const std::pair<const char*, const char*> cases[] = {
      {"One run, until the validation error is 13 %:",
       "normlab run --model mlp --norm layer --target 'validation.error<=0.13'"},
      {"Every combination of an experiment, and what was found:",
       "normlab sweep experiments/quick.json\nnormlab report results/quick --format markdown"},
      {"The same experiment at other learning rates:",
       "normlab sweep experiments/quick.json --set optimizer.learning_rate=3e-4,1e-3 --out results/rates"},
      {"A character-level language model:",
       "normlab data fetch bible\nnormlab run --model lstm --norm layer --dataset text:bible --steps 200"}};
  std::string text = section("EXAMPLES");
  for (const auto& [what, commands] : cases) {
    if (what != cases[0].first) text += ".PP\n";
    text += fmt::format("{}\n.PP\n.nf\n.RS 4\n{}\n.RE\n.fi\n", plain(what), plain(commands));
  }
  return text;
}

std::string manual(CLI::App& program) {
  std::string text = fmt::format(".TH NORMLAB 1 \"\" \"normlab {}\" \"User Commands\"\n",
                                 normlab::describe_environment(1).normlab);
  text += section("NAME") + "normlab \\- a laboratory for normalization layers\n" + synopsis(program);
  text += section("DESCRIPTION") + plain(program.get_description()) + "\n";
  text += section("COMMANDS");
  for (CLI::App* command : visible_commands(&program)) text += command_text(command);
  return text + settings_text() + exit_status() + environment() + files() + examples();
}

}  // namespace

void add_manual(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand("man", "Print the manual page in roff");
  command->group("");  // not in --help
  command->callback([&program, &action] {
    action = [&program] {
      normlab::print_out(manual(program));
      return 0;
    };
  });
}
