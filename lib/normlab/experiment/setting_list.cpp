#include "normlab/experiment/setting_list.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "normlab/core/text.h"
#include "normlab/experiment/config_json.h"
#include "normlab/experiment/json.h"
#include "normlab/tasks/registry.h"

namespace normlab {
namespace {

bool contains(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string object_of(const std::string& path) {
  return path.substr(0, path.find('.'));
}

// "0.001", "1e-5", "[256,256]"
std::string value_text(const Json* value) {
  if (value == nullptr || value->is_null()) return "none";
  if (value->is_object()) value = value->contains("name") ? &value->at("name") : value;
  if (value->is_string()) return value->get<std::string>();
  if (!value->is_number_float()) return value->dump();
  std::string text = fmt::format("{}", value->get<double>());
  const std::size_t exponent = text.find("e-0");
  return exponent == std::string::npos ? text : text.erase(exponent + 2, 1);
}

// "model" or "model.name"
bool is_name(const std::string& path) {
  return is_named_object(path) || path.ends_with(".name");
}

std::string default_of(const SettingDescription& setting, const Json& resolved) {
  const Json* value = find_setting(resolved, setting.path);
  if (value != nullptr || !setting.setting.young) return value_text(value);
  if (setting.kind == SettingKind::flag) return "false";
  return setting.choices.empty() ? "0" : setting.choices.front();
}

// A setting as it was met, with its defaults so far: the first one, and whoever has another.
struct Found {
  SettingDescription description;
  std::string first_default;
  std::vector<std::pair<std::string, Names>> other_defaults;  // a value, and the names that have it
  std::vector<std::pair<std::string, std::string>> met;       // object and name that it was met with

  void add_default(const std::string& text, const std::string& name) {
    if (text == first_default) return;
    const auto same = [&](const auto& other) { return other.first == text; };
    auto other = std::find_if(other_defaults.begin(), other_defaults.end(), same);
    if (other == other_defaults.end()) other = other_defaults.insert(other, {text, {}});
    if (!contains(other->second, name)) other->second.push_back(name);
  }
  std::string default_text() const {
    if (description.setting.preset != nullptr) return description.setting.preset;
    std::string text = first_default;
    for (const auto& [value, names] : other_defaults)
      text += fmt::format("; {} {}", fmt::join(names, ", "), value);
    return text;
  }
};

class Listing {
 public:
  // Meets what a config has that says `name` for `part`, and nothing else but `rest`.
  void add(const std::string& part, const std::string& name, Json rest) {
    if (!part.empty() && !rest.contains(part)) rest[part] = name;
    const Json resolved = to_json(resolve(rest));
    for (const SettingDescription& found : settings_of(rest)) {
      Found& setting = place_for(found);
      for (const std::string& choice : found.choices) {
        if (!contains(setting.description.choices, choice)) setting.description.choices.push_back(choice);
      }
      const std::string text = default_of(found, resolved);
      if (setting.met.empty()) setting.first_default = text;
      if (!rest.contains(object_of(found.path)) || !is_name(found.path)) setting.add_default(text, name);
      setting.met.emplace_back(part, name);
    }
  }

  std::vector<SettingDescription> settings() {
    std::vector<SettingDescription> all;
    all.reserve(found_.size());
    for (Found& found : found_) {
      found.description.default_text = found.default_text();
      found.description.owners = owners(found);
      all.push_back(found.description);
    }
    return all;
  }

 private:
  // Where it stands already; else behind the last setting of the same object, or at the end.
  Found& place_for(const SettingDescription& found) {
    const auto same = [&](const Found& known) { return known.description.path == found.path; };
    const auto known = std::find_if(found_.begin(), found_.end(), same);
    if (known != found_.end()) return *known;
    const auto neighbour = [&](const Found& other) {
      return object_of(other.description.path) == object_of(found.path);
    };
    auto place = std::find_if(found_.rbegin(), found_.rend(), neighbour).base();
    if (place == found_.begin()) place = found_.end();
    return *found_.insert(place, Found{found, "", {}, {}});
  }

  // All names of the object that the setting is in; none outside of objects.
  Names names_of_object(const std::string& path) const {
    if (path.find('.') == std::string::npos) return {};
    for (const Found& found : found_) {
      if (found.description.path == object_of(path)) return found.description.choices;
    }
    return {};
  }

  std::string owners(const Found& found) const {
    const std::string object = object_of(found.description.path);
    Names with, without;
    for (const std::string& name : names_of_object(found.description.path)) {
      const bool has =
          std::find(found.met.begin(), found.met.end(), std::pair(object, name)) != found.met.end();
      (has ? with : without).push_back(name);
    }
    if (without.empty()) return "";
    return without.size() == 1 && with.size() > 1 ? fmt::format("not {}", without[0])
                                                  : fmt::format("only {}", fmt::join(with, ", "));
  }

  std::vector<Found> found_;
};

std::vector<SettingDescription> make_list() {
  Listing listing;
  listing.add("", "", Json::object());
  for (const SettingDescription& setting : settings_of(Json::object())) {
    if (!is_named_object(setting.path)) continue;
    for (const std::string& name : setting.choices) {
      Json config = Json::object();
      if (setting.path == "dataset" && (name == "idx" || name == "text")) config["dataset"] = name + ":PATH";
      listing.add(setting.path, name, config);
      // The settings of a model depend on what it reads.
      if (setting.path == "model" && find_model(name, "model")->reads(task_of({.kind = DatasetKind::text}))) {
        listing.add("model", name, {{"model", name}, {"dataset", "text:PATH"}});
      }
    }
  }
  return listing.settings();
}

}  // namespace

const std::vector<SettingDescription>& list_settings() {
  static const std::vector<SettingDescription> settings = make_list();
  return settings;
}

std::string with_choices(std::string text, const SettingDescription& setting) {
  if (setting.choices.empty() || text.find(setting.choices.front()) != std::string::npos) return text;
  return fmt::format("{}: {}", text, fmt::join(setting.choices, ", "));
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
