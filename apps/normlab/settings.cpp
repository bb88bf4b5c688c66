#include "settings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "normlab/core/error.h"
#include "normlab/core/text.h"
#include "normlab/experiment/config_json.h"
#include "normlab/experiment/shell_changes.h"

namespace {

using normlab::Json;

enum class Kind {
  name,
  value,
  on,
  off
};  // a text, any JSON value, a flag that sets true, a flag that sets false

struct SettingOption {
  const char* flag;
  const char* path;
  Kind kind;
  const char* type;  // what --help shows for the value
  const char* help;
  const char* default_text = nullptr;  // when the default is not that of the plain config
};

constexpr SettingOption setting_options[] = {
    {"--dataset", "dataset", Kind::name, "NAME",
     "Data set: fashion-mnist, mnist, synthetic, idx:FOLDER or text:FILE"},
    {"--train-limit", "dataset.train_limit", Kind::value, "SAMPLES",
     "Use only the first so many training samples (characters of a text); 0 for all"},
    {"--validation-fraction", "dataset.validation_fraction", Kind::value, "FRACTION",
     "Part of the training set that is held out for validation, between 0 and 1", "1/12: 5,000 of 60,000"},
    {"--no-shuffle", "dataset.shuffle", Kind::off, "",
     "Keep the order of the training samples in every epoch"},
    {"--standardize", "dataset.standardize", Kind::on, "",
     "Shift and scale pixels to mean 0 and deviation 1 over the training set", "off; rnn, lstm and gru on"},
    {"--model", "model", Kind::name, "NAME", "Network"},
    {"--preset", "model.preset", Kind::name, "NAME",
     "Sizes of the network: paper (mlp 1000-1000) or vgg (cnn)", "none"},
    {"--norm", "norm", Kind::name, "NAME", "Normalization"},
    {"--init", "init", Kind::name, "NAME", "Initialization"},
    {"--init-scale", "init.scale", Kind::value, "FACTOR", "Multiplies every weight that is drawn"},
    {"--optimizer", "optimizer", Kind::name, "NAME", "Update rule"},
    {"--learning-rate", "optimizer.learning_rate", Kind::value, "RATE", "Learning rate before the schedule",
     "0.001; sgd 0.1, momentum 0.01"},
    {"--weight-decay", "optimizer.weight_decay", Kind::value, "FACTOR", "Weight decay, of weights only",
     "0; adamw 0.01"},
    {"--schedule", "schedule", Kind::name, "NAME", "Learning rate over time"},
    {"--warmup-steps", "schedule.warmup_steps", Kind::value, "STEPS",
     "Steps over which the learning rate rises"},
    {"--clip-gradient-norm", "clip_gradient_norm", Kind::value, "NORM",
     "Longest global gradient, longer ones are scaled down; 0 for no limit", "0; rnn, lstm and gru 1"},
    {"--batch-size", "batch_size", Kind::value, "SAMPLES", "Samples (streams of a text) in a training step"},
    {"--seed", "seed", Kind::value, "N", "Seed of everything that is random"},
    {"--target", "target", Kind::name, "CONDITION",
     "What counts as converged, such as \"validation.error<=0.12\": any metric of the task, of train or "
     "validation",
     "none"},
    {"--keep-training", "keep_training", Kind::on, "",
     "Go on to the end of the budget after the target is reached"},
    {"--evaluate-every", "evaluate_every", Kind::value, "EPOCHS",
     "Epochs (or a fraction of one) between evaluations", "1"},
    {"--evaluate-every-steps", "evaluate_every.steps", Kind::value, "STEPS", "The same in steps", "not set"},
    {"--epochs", "budget.epochs", Kind::value, "EPOCHS",
     "End the run after so many epochs (may be a fraction)", "10 when no limit is set"},
    {"--steps", "budget.steps", Kind::value, "STEPS", "End the run after so many steps", "no limit"},
    {"--seconds", "budget.seconds", Kind::value, "SECONDS", "End the run after so many seconds of training",
     "no limit"},
    {"--track", "track", Kind::name, "NAME", "Statistics of each layer at every evaluation: none or layers"},
    {"--threads", "threads", Kind::value, "N", "Threads of a run, at most the cores"},
    {"--load-parameters", "initial_parameters", Kind::name, "FILE",
     "Start from the parameters in a safetensors file", "drawn from the seed"},
};

std::string default_text(const SettingOption& option) {
  if (option.default_text != nullptr) return option.default_text;
  static const Json defaults = normlab::to_json(normlab::resolve(Json::object()));
  const Json* value = normlab::find_setting(defaults, option.path);
  if (value == nullptr) return "none";
  if (value->is_object()) value = normlab::find_setting(*value, "name");
  return value->is_string() ? value->get<std::string>() : value->dump();
}

std::string help_text(const SettingOption& option) {
  std::string text = option.help;
  const std::vector<std::string>& choices = normlab::setting_choices(option.path);
  if (!choices.empty() && text.find(choices.front()) == std::string::npos) {
    text += fmt::format(": {}", fmt::join(choices, ", "));
  }
  const bool flag = option.kind == Kind::on || option.kind == Kind::off;
  return fmt::format("{} [default: {}]", text,
                     flag && option.default_text == nullptr ? "off" : default_text(option));
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

}  // namespace

CLI::Option* add_set_option(CLI::App& command, std::vector<std::string>& target, const std::string& help) {
  return command.add_option("--set", target, help)
      ->type_name("KEY=VALUE")
      ->take_all()
      ->allow_extra_args(false);
}

std::shared_ptr<SettingOptions> add_setting_options(CLI::App& command) {
  auto said = std::make_shared<SettingOptions>();
  for (const SettingOption& option : setting_options) {
    const std::string path = option.path;
    if (option.kind == Kind::on || option.kind == Kind::off) {
      const bool value = option.kind == Kind::on;
      command.add_flag_function(
          option.flag, [said, path, value](std::int64_t) { said->typed.emplace_back(path, value); },
          help_text(option));
      continue;
    }
    const bool is_text = option.kind == Kind::name;
    command
        .add_option_function<std::string>(
            option.flag,
            [said, path, is_text](const std::string& text) {
              said->typed.emplace_back(path, is_text ? Json(text) : normlab::parse_shell_value(text));
            },
            help_text(option))
        ->type_name(option.type);
  }
  add_set_option(command, said->set,
                 "Set any setting by its dotted path, such as optimizer.beta2=0.99; repeatable "
                 "(docs/experiment-format.md)");
  return said;
}

void apply_settings(const SettingOptions& options, Json& config) {
  // Callbacks came in the order of the table above: names before what is set within them.
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
  for (const SettingOption& candidate : setting_options) {
    if (flag == candidate.flag) return candidate.path;
  }
  return "";
}

std::string setting_path(const CLI::Option& option) {
  for (const SettingOption& candidate : setting_options) {
    if (option.check_name(candidate.flag)) return candidate.path;
  }
  return "";
}
