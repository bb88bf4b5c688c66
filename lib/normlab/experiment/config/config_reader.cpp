#include "normlab/experiment/config/config_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <limits>

#include "normlab/core/error.h"
#include "normlab/data/dataset_name.h"
#include "normlab/experiment/process/cores.h"
#include "normlab/models/model_spec.h"
#include "normlab/nn/norm/norm_traits.h"
#include "normlab/tasks/registry.h"

namespace normlab {
namespace {

Setting name_within(const Setting& object) {
  return {.key = "name", .meaning = object.meaning};
}

// "name" may carry the path ("idx:DIR"), as on the command line.
DatasetSpec read_dataset_name(SettingsReader& reader) {
  DatasetSpec fallback;
  const Json* name = reader.find(
      {.key = "name", .meaning = "which data; \"idx:FOLDER\" and \"text:FILE\" give the path as well"},
      SettingKind::text, dataset_kind_names(), "");
  const Json* path = reader.find({.key = "path",
                                  .meaning = "for idx the folder with four IDX files; for text the file, or "
                                             "the name of a text that `normlab data fetch` gets",
                                  .preset = "none"},
                                 SettingKind::text, {}, "a path");
  if (name == nullptr && path == nullptr) return fallback;
  std::string text = name == nullptr ? dataset_name(fallback)
                                     : read_string(*name, reader.path("name"), "the name of a data set is");
  if (path != nullptr) {
    if (text != "idx" && text != "text") {
      refuse_value(reader.path("path"), *path, fmt::format("{} has no path, only idx and text have", text));
    }
    text += ":" + read_string(*path, reader.path("path"), "the path of a file or folder is");
  }
  return parse_dataset(text);
}

void read_dataset(SettingsReader& parent, DatasetSpec& dataset) {
  const Setting setting{.key = "dataset",
                        .meaning = "data set: fashion-mnist, mnist, synthetic, idx:FOLDER or text:FILE",
                        .option = "--dataset",
                        .value = "NAME"};
  parent.object(setting, dataset_kind_names(), [&](SettingsReader& reader) {
    const bool standardize = dataset.standardize;
    dataset = read_dataset_name(reader);
    dataset.standardize = standardize && !is_text(dataset);
    visit_settings(reader, dataset);
    return bare_dataset_name(dataset);
  });
}

// The data set's defaults depend on the model, whose settings depend on the data set; so its name is looked
// at first.
ModelDefaults defaults_of_model(const Json& settings) {
  const auto model = settings.find("model");
  const Json object = model == settings.end() ? Json() : as_object(*model);
  const auto name = object.is_object() ? object.find("name") : object.end();
  for (const ModelSpec& known : registered_models()) {
    if (name != object.end() && *name == known->name()) return known->defaults();
  }
  return {};
}

// The models that have presets, with their names: "mlp (paper) and cnn (vgg)".
std::string models_with_presets() {
  std::string text;
  for (const ModelSpec& model : registered_models()) {
    const Names presets = model->presets();
    if (presets.empty()) continue;
    text += fmt::format("{}{} ({})", text.empty() ? "" : " and ", model->name(), fmt::join(presets, ", "));
  }
  return text;
}

void read_preset(SettingsReader& reader, ModelSpec& model) {
  const Setting setting{.key = "preset",
                        .meaning = "sizes by name; sizes that are said as well win",
                        .option = "--preset",
                        .value = "NAME",
                        .help = "sizes of the network"};
  const Names presets = model->presets();
  // Where there are none, "preset" is no setting, and refused in words of its own.
  if (presets.empty() && !reader.says("preset")) return;
  const Json* preset = reader.find(setting, SettingKind::text, presets, "");
  if (preset == nullptr) return;
  if (presets.empty()) {
    refuse_value(reader.path("preset"), *preset,
                 fmt::format("{} has no presets, only {} have", model->name(), models_with_presets()));
  }
  model->apply_preset(presets[read_name(*preset, reader.path("preset"), presets)]);
}

void read_model(SettingsReader& parent, ModelSpec& model, const Task& task) {
  const Setting setting{.key = "model", .meaning = "network", .option = "--model", .value = "NAME"};
  parent.object(setting, model_names(), [&](SettingsReader& reader) {
    std::size_t chosen = 0;
    reader.choice(name_within(setting), chosen, model_names());
    model = registered_models()[chosen];
    read_preset(reader, model);
    model->visit_settings(reader, task);
    return model->name();
  });
}

// A part of a config that is named after one of an enumeration. `prepare` sets what depends on the name.
template <class Spec, class Kind, class Prepare>
void read_part(SettingsReader& parent, const Setting& setting, Spec& spec, Kind Spec::*kind,
               const Names& names, Prepare&& prepare) {
  parent.object(setting, names, [&](SettingsReader& reader) {
    reader.name(name_within(setting), spec.*kind, names);
    prepare(spec);
    visit_settings(reader, spec);
    return names[static_cast<std::size_t>(spec.*kind)];
  });
}

void read_parts(SettingsReader& reader, RunConfig& config) {
  const auto nothing = [](const auto&) {};
  read_part(reader, {.key = "norm", .meaning = "normalization", .option = "--norm", .value = "NAME"},
            config.norm, &NormSpec::kind, norm_names(), nothing);
  read_part(reader, {.key = "init", .meaning = "initialization", .option = "--init", .value = "NAME"},
            config.init, &InitSpec::scheme, init_names(), nothing);
  read_part(reader, {.key = "optimizer", .meaning = "update rule", .option = "--optimizer", .value = "NAME"},
            config.optimizer, &OptimizerSpec::kind, optimizer_names(), set_defaults);
  read_part(
      reader,
      {.key = "schedule", .meaning = "learning rate over time", .option = "--schedule", .value = "NAME"},
      config.schedule, &ScheduleSpec::kind, schedule_names(), nothing);
}

constexpr Setting epochs_between{.key = "epochs",
                                 .meaning = "epochs, or a fraction of one, between evaluations"};
constexpr Setting steps_between{.key = "steps",
                                .meaning = "steps between evaluations, in place of epochs",
                                .option = "--evaluate-every-steps",
                                .value = "STEPS",
                                .preset = "none"};

void read_evaluate_every(SettingsReader& parent, EvaluationInterval& interval) {
  const Setting setting{.key = "evaluate_every",
                        .meaning =
                            "how often the validation set is looked at; a plain number means epochs, "
                            "and may be a fraction",
                        .option = "--evaluate-every",
                        .value = "EPOCHS",
                        .help = "epochs (or a fraction of one) between evaluations",
                        .preset = "1"};
  const Json* value =
      parent.find(setting, SettingKind::value, {}, "`{\"epochs\": above 0}` or `{\"steps\": 1 or more}`");
  if (value == nullptr && parent.notes() == nullptr) return;
  if (value != nullptr && !value->is_object()) {
    interval.epochs = read_number(*value, "evaluate_every", range::positive);
    return;
  }
  const Json said = value == nullptr ? Json::object() : *value;
  SettingsReader reader(said, "evaluate_every", /*shorthand=*/false, parent.notes());
  reader.number(epochs_between, interval.epochs, range::positive);
  reader.integer(steps_between, interval.steps, 1);
  reader.refuse_others("");
  if (value != nullptr && value->size() != 1)
    refuse_value("evaluate_every", *value, "either epochs or steps is");
  if (interval.steps > 0) interval.epochs = 0;
}

// Saying any limit replaces the default one.
void read_budget(SettingsReader& parent, Budget& budget) {
  const Setting setting{.key = "budget",
                        .meaning =
                            "the first limit that is used up ends the run; saying any of them "
                            "replaces the default, and a plain number means epochs",
                        .preset = "`{\"epochs\": 10}`"};
  const Json* value = parent.find(setting, SettingKind::value, {},
                                  "any of `epochs`, `steps`, `seconds`, `samples`, each above 0");
  if (value == nullptr && parent.notes() == nullptr) return;
  if (value != nullptr && !value->is_object()) {
    budget = {.epochs = read_number(*value, "budget", range::positive)};
    return;
  }
  const Json said = value == nullptr ? Json::object() : *value;
  SettingsReader reader(said, "budget", /*shorthand=*/false, parent.notes());
  if (value != nullptr) budget = Budget{};
  visit_settings(reader, budget);
  reader.refuse_others("");
  if (value != nullptr && value->empty())
    refuse_value("budget", *value, "at least one of epochs, steps, seconds and samples is");
}

void read_seed(SettingsReader& parent, std::uint64_t& seed) {
  const Setting setting{.key = "seed", .meaning = "seed of everything that is random", .option = "--seed"};
  const Json* value = parent.find(setting, SettingKind::value, {}, "0 to 2⁶⁴ − 1");
  if (value == nullptr) return;
  if (value->is_number_unsigned()) {
    seed = value->get<std::uint64_t>();
    return;
  }
  // As a floating-point number, an integer is exact up to here.
  constexpr double exact = 9007199254740992;  // 2^53
  const double x = value->is_number() ? value->get<double>() : -1;
  if (!(x >= 0 && x <= exact) || x != std::floor(x)) {
    refuse_value("seed", *value,
                 fmt::format("an integer from 0 to {} is", std::numeric_limits<std::uint64_t>::max()));
  }
  seed = static_cast<std::uint64_t>(x);
}

void read_threads(SettingsReader& parent, int& threads) {
  const Setting setting{.key = "threads",
                        .meaning = "threads of the run; the same number gives the same results, bit for bit",
                        .option = "--threads",
                        .help = "threads of a run, at most the cores"};
  const Json* value = parent.find(setting, SettingKind::value, {}, "1 up to the cores");
  if (value == nullptr) return;
  const auto cores = static_cast<Index>(available_cores().size());
  threads = static_cast<int>(read_integer(*value, "threads", 1, cores));
}

void read_target(SettingsReader& parent, std::optional<Target>& target, const std::vector<Metric>& metrics) {
  const Setting setting{.key = "target",
                        .meaning =
                            "what counts as converged, such as \"validation.error<=0.12\": any metric of "
                            "the task, of train or validation; with \" for 2\" behind it, at so many "
                            "evaluations in a row",
                        .option = "--target",
                        .value = "CONDITION"};
  const Json* value =
      parent.find(setting, SettingKind::text, {}, "`\"SPLIT.METRIC<=NUMBER\"`, `\"… for COUNT\"` or `null`");
  if (value == nullptr || value->is_null()) return;
  target = parse_target(
      read_string(*value, "target", "a condition such as \"validation.error<=0.12\", or null, is"), metrics);
}

void read_initial_parameters(SettingsReader& parent, std::string& file) {
  const Setting setting{.key = "initial_parameters",
                        .meaning = "start from the parameters in this safetensors file",
                        .option = "--load-parameters",
                        .value = "FILE",
                        .preset = "drawn from the seed"};
  const Json* value = parent.find(setting, SettingKind::text, {}, "path or `null`");
  if (value == nullptr || value->is_null()) return;
  file = read_string(*value, "initial_parameters", "the path of a safetensors file, or null, is");
  if (file.empty()) refuse_value("initial_parameters", *value, "the path of a safetensors file, or null, is");
}

}  // namespace

std::string bare_dataset_name(const DatasetSpec& dataset) {
  const std::string name = dataset_name(dataset);
  return name.substr(0, name.find(':'));
}

RunConfig read_config(const Json& settings, SettingNotes* notes, SettingsReader::Suggest suggest) {
  SettingsReader reader(settings, "", /*shorthand=*/false, notes);
  RunConfig config;
  const ModelDefaults defaults = defaults_of_model(settings);
  config.dataset.standardize = defaults.standardize;
  config.clip_gradient_norm = defaults.clip_gradient_norm;
  read_dataset(reader, config.dataset);
  read_model(reader, config.model, task_of(config.dataset));
  read_parts(reader, config);
  visit_settings(reader, config);
  read_seed(reader, config.seed);
  read_target(reader, config.target, task_of(config.dataset).metrics);
  read_evaluate_every(reader, config.evaluate_every);
  read_budget(reader, config.budget);
  read_threads(reader, config.threads);
  read_initial_parameters(reader, config.initial_parameters);
  reader.refuse_others("", suggest);
  return config;
}

}  // namespace normlab
