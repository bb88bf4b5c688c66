#include "normlab/experiment/setting_paths.h"

#include <algorithm>

namespace normlab {
namespace {

// An object in which every part is said, so that resolve() looks into all of them.
Json everything_said() {
  return {{"dataset", "synthetic"},
          {"model", "mlp"},
          {"norm", "none"},
          {"init", "standard"},
          {"optimizer", "sgd"},
          {"schedule", "constant"},
          {"evaluate_every", {{"epochs", 1}}},
          {"budget", {{"epochs", 1}}}};
}

// Where `path` belongs: behind the last setting of the same object, or at the end.
std::vector<SettingDescription>::iterator place_of(const std::string& path,
                                                   std::vector<SettingDescription>& settings) {
  const std::string object = path.substr(0, path.find('.'));
  const auto same_object = [&](const SettingDescription& setting) {
    return setting.path.substr(0, setting.path.find('.')) == object;
  };
  return std::find_if(settings.rbegin(), settings.rend(), same_object).base();
}

void add(const SettingDescription& found, std::vector<SettingDescription>& settings) {
  auto setting = std::find_if(settings.begin(), settings.end(),
                              [&](const SettingDescription& known) { return known.path == found.path; });
  if (setting == settings.end()) {
    const auto place =
        found.path.find('.') == std::string::npos ? settings.end() : place_of(found.path, settings);
    setting = settings.insert(place, {found.path, {}});
  }
  for (const std::string& choice : found.choices) {
    const bool there =
        std::find(setting->choices.begin(), setting->choices.end(), choice) != setting->choices.end();
    if (!there) setting->choices.push_back(choice);
  }
}

void add_all(const Json& config, std::vector<SettingDescription>& settings) {
  for (const SettingDescription& found : settings_of(config)) add(found, settings);
}

}  // namespace

std::vector<SettingDescription> list_settings() {
  std::vector<SettingDescription> settings;
  add_all(everything_said(), settings);
  for (const char* part : {"model", "norm", "init", "optimizer", "schedule"}) {
    for (const std::string& name : setting_choices(part)) {
      Json config = everything_said();
      config[part] = name;
      add_all(config, settings);
    }
  }
  // The settings of a recurrent model depend on what it reads.
  Json text = everything_said();
  text["dataset"] = "text:FILE";
  text["model"] = "lstm";
  add_all(text, settings);
  for (SettingDescription& setting : settings) {
    if (setting.choices.empty()) setting.choices = setting_choices(setting.path);
  }
  return settings;
}

}  // namespace normlab
