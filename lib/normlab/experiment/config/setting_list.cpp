#include "normlab/experiment/config/setting_list.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "normlab/experiment/config/json.h"

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
  explicit Listing(const SettingSource& source) : source_(source) {}

  void add(const NamedConfig& config) {
    const Json resolved = source_.resolved(config.settings);
    for (const SettingDescription& found : source_.described(config.settings)) {
      Found& setting = place_for(found);
      for (const std::string& choice : found.choices) {
        if (!contains(setting.description.choices, choice)) setting.description.choices.push_back(choice);
      }
      const std::string text = default_of(found, resolved);
      if (setting.met.empty()) setting.first_default = text;
      const bool said = config.settings.contains(object_of(found.path)) && is_name(found.path);
      if (!said) setting.add_default(text, config.name);
      setting.met.emplace_back(config.object, config.name);
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

  const SettingSource& source_;
  std::vector<Found> found_;
};

}  // namespace

std::vector<SettingDescription> make_setting_list(const SettingSource& source,
                                                  const std::vector<NamedConfig>& others) {
  Listing listing(source);
  listing.add({"", "", Json::object()});
  for (const NamedConfig& config : others) listing.add(config);
  return listing.settings();
}

std::string with_choices(std::string text, const SettingDescription& setting) {
  if (setting.choices.empty() || text.find(setting.choices.front()) != std::string::npos) return text;
  return fmt::format("{}: {}", text, fmt::join(setting.choices, ", "));
}

}  // namespace normlab
