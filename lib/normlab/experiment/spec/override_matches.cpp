#include "normlab/experiment/spec/override_matches.h"

#include <algorithm>
#include <string>
#include <unordered_set>

#include "normlab/experiment/config/config_json.h"
#include "normlab/experiment/spec/axis_values.h"

namespace normlab {
namespace {

// What base and grid say of a run, and what follows from it where they say nothing.
class SaidSettings {
 public:
  explicit SaidSettings(const Json& said) : said_(said) {}

  // Null where the run has no such setting. Throws what resolve() throws.
  const Json* find(std::string_view path) const {
    if (const Json* value = find_setting(said_, path)) return value;
    if (!whole_) whole_ = whole_json(resolve(said_));
    return find_setting(*whole_, path);
  }

 private:
  const Json& said_;
  mutable std::optional<Json> whole_;  // made when it is first asked for
};

}  // namespace

// A condition of an override, ready to be asked of many runs.
class OverrideMatches::Condition {
 public:
  Condition(const std::string& path, const Json& wanted) : path_(path), wants_object_(wanted.is_object()) {
    keys_.insert(value_key(wanted));
    if (!wanted.is_array()) return;
    for (const Json& value : wanted) keys_.insert(value_key(value));
  }

  bool holds(const SaidSettings& settings) const {
    const Json* value = settings.find(path_);
    // "model": "lstm" also holds for {"name": "lstm", …}.
    if (value != nullptr && value->is_object() && !wants_object_) value = find_setting(*value, "name");
    return value != nullptr && keys_.contains(value_key(*value));
  }

 private:
  std::string path_;
  bool wants_object_;
  std::unordered_set<std::string> keys_;
};

OverrideMatches::OverrideMatches(const std::vector<Override>& overrides)
    : overrides_(overrides), matched_(overrides.size(), false) {
  conditions_.reserve(overrides.size());
  for (const Override& override : overrides) {
    Conditions& conditions = conditions_.emplace_back();
    for (const auto& [path, wanted] : override.when) conditions.emplace_back(path, wanted);
  }
}

OverrideMatches::~OverrideMatches() = default;

void OverrideMatches::apply(Json& settings) {
  const Json before = settings;
  const SaidSettings said(before);
  for (std::size_t i = 0; i < conditions_.size(); ++i) {
    const bool holds = std::all_of(conditions_[i].begin(), conditions_[i].end(),
                                   [&](const Condition& condition) { return condition.holds(said); });
    if (!holds) continue;
    matched_[i] = true;
    for (const auto& [path, value] : overrides_[i].set) set_setting(settings, path, value);
  }
}

std::optional<std::size_t> OverrideMatches::idle() const {
  const auto found = std::find(matched_.begin(), matched_.end(), false);
  if (found == matched_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - matched_.begin());
}

}  // namespace normlab
