#include "normlab/experiment/config/config_json.h"

#include <map>

#include "normlab/experiment/config/config_reader.h"
#include "normlab/experiment/config/setting_list.h"
#include "normlab/experiment/config/settings_writer.h"
#include "normlab/models/model_spec.h"
#include "normlab/nn/norm/norm_traits.h"
#include "normlab/records/run_id.h"
#include "normlab/tasks/registry.h"

namespace normlab {
namespace {

Json dataset_json(DatasetSpec dataset, YoungSettings young) {
  SettingsWriter writer(young);
  writer.object()["name"] = bare_dataset_name(dataset);
  if (!dataset.path.empty()) writer.object()["path"] = dataset.path;
  visit_settings(writer, dataset);
  return writer.object();
}

Json model_json(ModelSpec model, const Task& task, YoungSettings young) {
  SettingsWriter writer(young);
  writer.object()["name"] = model->name();
  model->visit_settings(writer, task);
  return writer.object();
}

template <class Spec>
Json part_json(const std::string& name, Spec spec, YoungSettings young) {
  SettingsWriter writer(young);
  writer.object()["name"] = name;
  visit_settings(writer, spec);
  return writer.object();
}

template <class Kind>
const std::string& name_of(Kind kind, const Names& names) {
  return names[static_cast<std::size_t>(kind)];
}

Json evaluate_every_json(const EvaluationInterval& interval) {
  return interval.steps > 0 ? Json{{"steps", interval.steps}} : Json{{"epochs", interval.epochs}};
}

Json budget_json(const Budget& budget) {
  Json object = Json::object();
  if (budget.epochs > 0) object["epochs"] = budget.epochs;
  if (budget.steps > 0) object["steps"] = budget.steps;
  if (budget.seconds > 0) object["seconds"] = budget.seconds;
  if (budget.samples > 0) object["samples"] = budget.samples;
  return object;
}

Json config_json(const RunConfig& original, YoungSettings young) {
  RunConfig config = original;
  Json json = Json::object();
  json["dataset"] = dataset_json(config.dataset, young);
  json["model"] = model_json(config.model, task_of(config.dataset), young);
  json["norm"] = part_json(traits(config.norm.kind).name, config.norm, young);
  json["init"] = part_json(name_of(config.init.scheme, init_names()), config.init, young);
  json["optimizer"] = part_json(name_of(config.optimizer.kind, optimizer_names()), config.optimizer, young);
  json["schedule"] = part_json(name_of(config.schedule.kind, schedule_names()), config.schedule, young);
  SettingsWriter plain(young);
  visit_settings(plain, config);
  json.update(plain.object());
  json["seed"] = config.seed;
  json["target"] = config.target ? Json(config.target->text()) : Json(nullptr);
  json["evaluate_every"] = evaluate_every_json(config.evaluate_every);
  json["budget"] = budget_json(config.budget);
  json["threads"] = config.threads;
  json["initial_parameters"] =
      config.initial_parameters.empty() ? Json(nullptr) : Json(config.initial_parameters);
  return json;
}

SettingNotes notes_of(const Json& settings) {
  SettingNotes notes;
  read_config(settings, &notes, nullptr);
  return notes;
}

// The configs from which every setting is known: one for each name of each named object.
std::vector<NamedConfig> configs_with_names() {
  std::vector<NamedConfig> configs;
  for (const SettingDescription& setting : settings_of(Json::object())) {
    if (!is_named_object(setting.path)) continue;
    for (const std::string& name : setting.choices) {
      const bool has_path = setting.path == "dataset" && (name == "idx" || name == "text");
      configs.push_back({setting.path, name, {{setting.path, has_path ? name + ":PATH" : name}}});
      // The settings of a model depend on what it reads.
      if (setting.path == "model" && find_model(name, "model")->reads(task_of({.kind = DatasetKind::text}))) {
        configs.push_back({"model", name, {{"model", name}, {"dataset", "text:PATH"}}});
      }
    }
  }
  return configs;
}

}  // namespace

RunConfig resolve(const Json& settings) {
  return read_config(settings, nullptr, [](const std::string& key) { return setting_within_object(key); });
}

std::vector<SettingDescription> settings_of(const Json& settings) {
  return notes_of(settings).described;
}

Names unknown_settings(const Json& settings) {
  return notes_of(settings).unknown;
}

Json to_json(const RunConfig& config) {
  return config_json(config, YoungSettings::where_set);
}

Json whole_json(const RunConfig& config) {
  return config_json(config, YoungSettings::all);
}

std::string run_id(const RunConfig& config) {
  return id_of_config(to_json(config));
}

const std::vector<SettingDescription>& list_settings() {
  static const std::vector<SettingDescription> settings = make_setting_list(
      {.resolved = [](const Json& config) { return to_json(resolve(config)); }, .described = settings_of},
      configs_with_names());
  return settings;
}

const Names& setting_choices(std::string_view path) {
  static const Names none;
  for (const SettingDescription& setting : list_settings()) {
    if (setting.path == path) return setting.choices;
  }
  return none;
}

std::string setting_within_object(const std::string& name) {
  // What goes by other names elsewhere, and what two objects have.
  static const std::map<std::string, std::string> aliases{
      {"lr", "optimizer.learning_rate"}, {"momentum", "optimizer.momentum"}, {"wd", "optimizer.weight_decay"},
      {"epsilon", "norm.epsilon"},       {"num_layers", "model.layers"},     {"epochs", "budget.epochs"},
      {"steps", "budget.steps"}};
  const auto alias = aliases.find(name);
  if (alias != aliases.end()) return alias->second;
  const std::string ending = "." + name;
  for (const SettingDescription& setting : list_settings()) {
    if (setting.path.ends_with(ending) && name != "name") return setting.path;
  }
  return "";
}

}  // namespace normlab
