#include "settings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cctype>

#include "normlab/core/error.h"
#include "normlab/core/text.h"
#include "normlab/experiment/config/config_json.h"
#include "normlab/experiment/config/setting_list.h"
#include "normlab/experiment/spec/shell_changes.h"

namespace {

using normlab::Json;

using normlab::SettingDescription;
using normlab::SettingKind;

// "--no-shuffle" sets dataset.shuffle to false.
bool sets_false(const SettingDescription& setting) {
  return std::string_view(setting.setting.option).starts_with("--no-");
}

// What the option's help says, such as "Network: mlp, rnn [default: mlp]".
std::string help_text(const SettingDescription& setting) {
  std::string text = setting.setting.help == nullptr ? setting.setting.meaning : setting.setting.help;
  text.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
  const bool flag = setting.kind == SettingKind::flag;
  if (!flag) text = normlab::with_choices(text, setting);
  std::string default_text = setting.default_text;
  if (flag && sets_false(setting)) default_text = "off";
  if (flag && default_text.starts_with("false")) default_text.replace(0, 5, "off");
  if (flag && default_text.ends_with(" true")) default_text.replace(default_text.size() - 4, 4, "on");
  return fmt::format("{} [default: {}]", text, default_text);
}

// Names come before what is set within them, as in the list.
template <class Visit>
void for_each_option(Visit&& visit) {
  for (const SettingDescription& setting : normlab::list_settings()) {
    if (setting.setting.option != nullptr) visit(setting);
  }
}

// A record is JSON, and holds nothing else.
void require_utf8(const std::string& path, const std::string& text) {
  if (!normlab::is_utf8(text)) normlab::refuse(path, normlab::quotation(text), "text in UTF-8 is");
}

// `field` and `value` as they were typed, `setting` as a sweep takes it.
[[noreturn]] void refuse_list(std::string_view field, const std::string& value, const std::string& setting) {
  normlab::refuse(field, normlab::quotation(value),
                  fmt::format("a run takes one value for each setting, and a list or range of values makes a "
                              "sweep (\"normlab sweep SPEC.json --set {}\")",
                              normlab::shortened(setting)));
}

bool is_list(const std::string& path, const Json& value) {
  return value.is_string() && normlab::lists_values(path, value.get_ref<const std::string&>());
}

// A repeatable option --set that takes one argument at a time.
void add_set_option(CLI::App& command, std::vector<std::string>& target, const std::string& help) {
  command.add_option("--set", target, help)->type_name("KEY=VALUE")->take_all()->allow_extra_args(false);
}

}  // namespace

void add_spec_options(CLI::App& command, std::string& file, std::vector<std::string>& set) {
  command
      .add_option("spec", file,
                  "The experiment (docs/experiment-format.md), or the sweep.json of its results")
      ->type_name("SPEC.json")
      ->required();
  add_set_option(command, set,
                 "Set a setting for all runs, or with values between commas make it an axis: "
                 "batch_size=4,32; repeatable");
}

std::shared_ptr<SettingOptions> add_setting_options(CLI::App& command) {
  auto said = std::make_shared<SettingOptions>();
  for_each_option([&](const SettingDescription& setting) {
    const std::string path = setting.path;
    if (setting.kind == SettingKind::flag) {
      const bool value = !sets_false(setting);
      const auto say = [said, path, value](std::int64_t) { said->typed.emplace_back(path, value); };
      command.add_flag_function(setting.setting.option, say, help_text(setting));
      return;
    }
    const bool is_text = setting.kind == SettingKind::text;
    const auto say = [said, path, is_text](const std::string& text) {
      said->typed.emplace_back(path, is_text ? Json(text) : normlab::parse_shell_value(text));
    };
    command.add_option_function<std::string>(setting.setting.option, say, help_text(setting))
        ->type_name(setting.setting.value);
  });
  add_set_option(command, said->set,
                 "Set any setting by its dotted path, such as optimizer.beta2=0.99; repeatable "
                 "(docs/experiment-format.md)");
  return said;
}

void apply_settings(const SettingOptions& options, Json& config) {
  // Callbacks came in the order of the list: names before what is set within them.
  for (const auto& [path, value] : options.typed) {
    if (value.is_string()) require_utf8(path, value.get_ref<const std::string&>());
    if (is_list(path, value)) {
      const auto text = value.get<std::string>();
      refuse_list(path, text, fmt::format("{}={}", path, text));
    }
    if (path == "evaluate_every.steps") normlab::set_setting(config, "evaluate_every", Json::object());
    normlab::set_setting(config, path, value);
  }
  for (const std::string& text : options.set) {
    const normlab::ShellSetting setting = normlab::parse_shell_setting(text);
    if (setting.values.size() != 1 || is_list(setting.path, setting.values[0]))
      refuse_list("set", text, text);
    normlab::set_setting(config, setting.path, setting.values[0]);
  }
}

std::string setting_of_option(const std::string& flag) {
  std::string path;
  for_each_option([&](const SettingDescription& setting) {
    if (flag == setting.setting.option) path = setting.path;
  });
  return path;
}

std::string setting_path(const CLI::Option& option) {
  std::string path;
  for_each_option([&](const SettingDescription& setting) {
    if (option.check_name(setting.setting.option)) path = setting.path;
  });
  return path;
}
