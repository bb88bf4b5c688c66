#include "normlab/analysis/seed_groups.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>
#include <tuple>

#include "normlab/analysis/texts.h"
#include "normlab/core/error.h"
#include "normlab/core/json.h"
#include "normlab/core/text.h"
#include "normlab/nn/norm/norm_traits.h"

namespace normlab {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 3> key_settings = {"model.name", "norm.name", "batch_size"};

std::size_t rank_of_norm(std::string_view name) {
  const std::vector<std::string>& names = norm_names();
  return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

// Each once: runs of one group share them.
std::vector<const Settings*> distinct_settings(const std::vector<RunRecord>& runs) {
  std::set<const Settings*> distinct;
  for (const RunRecord& run : runs) distinct.insert(run.settings.get());
  return {distinct.begin(), distinct.end()};
}

json setting_or_null(const Settings& settings, std::string_view path) {
  const json* value = setting_at(settings, path);
  return value == nullptr ? json() : *value;
}

// The name of the part of the config that a setting belongs to ("adam" for "optimizer.beta1"); "" for a
// setting that is compared between all runs.
std::string scope_of(const std::string& path, const Settings& settings) {
  const std::size_t dot = path.find('.');
  if (dot == std::string::npos) return "";
  const std::string name_path = path.substr(0, dot) + ".name";
  if (path == name_path) return "";
  const json* name = setting_at(settings, name_path);
  return name == nullptr ? "" : setting_text(*name);
}

// Whether the values that it is shown are all the same; a setting that is absent is one that is null.
class Variation {
 public:
  void see(const json* value) {
    static const json null;
    if (value == nullptr) value = &null;
    if (first_ == nullptr) first_ = value;
    varies_ = varies_ || (value != first_ && *value != *first_);
  }
  bool varies() const { return varies_; }

 private:
  const json* first_ = nullptr;
  bool varies_ = false;
};

bool any_varies(const std::map<std::string, Variation>& groups) {
  return std::any_of(groups.begin(), groups.end(), [](const auto& group) { return group.second.varies(); });
}

// Names in the order in which the spec lists them, wherever it says "model" or "models".
using ModelRanks = std::map<std::string, std::size_t>;

void collect_model_ranks(const json& node, bool in_model, ModelRanks& ranks) {
  if (node.is_string() && in_model) {
    const std::size_t next = ranks.size();
    ranks.emplace(node.get<std::string>(), next);
  } else if (node.is_array()) {
    for (const json& element : node) collect_model_ranks(element, in_model, ranks);
  } else if (node.is_object()) {
    for (const auto& [key, member] : node.items()) {
      const bool names_model =
          key == "model" || key == "models" || key == "model.name" || (in_model && key == "name");
      collect_model_ranks(member, names_model, ranks);
    }
  }
}

std::size_t rank_of_model(const ModelRanks& ranks, const std::string& name) {
  const auto found = ranks.find(name);
  return found == ranks.end() ? ranks.size() : found->second;
}

}  // namespace

VaryingSettings find_varying_settings(const std::vector<RunRecord>& runs) {
  return find_varying_settings(distinct_settings(runs));
}

VaryingSettings find_varying_settings(const std::vector<const Settings*>& all) {
  std::set<std::string> paths;
  for (const Settings* settings : all) {
    for (const auto& setting : *settings) {
      if (!setting->implied) paths.insert(setting->path);
    }
  }
  for (const std::string_view key : key_settings) paths.erase(std::string(key));

  VaryingSettings varying;
  for (const std::string& path : paths) {
    std::map<std::string, Variation> by_scope, by_model;
    for (const Settings* settings : all) {
      const json* value = setting_at(*settings, path);
      by_scope[scope_of(path, *settings)].see(value);
      by_model[setting_text(setting_or_null(*settings, "model.name"))].see(value);
    }
    if (any_varies(by_scope)) (any_varies(by_model) ? varying.columns : varying.by_model).push_back(path);
  }
  return varying;
}

std::vector<std::string> group_settings(const std::vector<std::string>& columns) {
  std::vector<std::string> names{"model", "norm", "batch_size"};
  names.insert(names.end(), columns.begin(), columns.end());
  return names;
}

std::vector<json> group_values(const SeedGroup& group) {
  std::vector<json> values{group.model, group.norm, group.batch_size};
  values.insert(values.end(), group.settings.begin(), group.settings.end());
  return values;
}

std::size_t place_of_setting(std::string_view setting, const std::vector<std::string>& columns,
                             std::string_view field) {
  const std::vector<std::string> names = group_settings(columns);
  const auto place_of = [&](std::string_view name) {
    return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
  };
  std::size_t place = place_of(setting);
  if (place == names.size()) place = place_of(std::string(setting) + ".name");
  if (place == names.size() && (setting == "model.name" || setting == "norm.name"))
    place = place_of(setting.substr(0, setting.find('.')));
  if (place == names.size()) {
    refuse(field, quotation(setting),
           fmt::format("a setting that varies is: one of {}", fmt::join(names, ", ")));
  }
  return place;
}

std::vector<json> values_but(const SeedGroup& group, const std::vector<std::string>& columns,
                             std::span<const std::size_t> places) {
  const std::vector<std::string> names = group_settings(columns);
  std::vector<json> values = group_values(group);
  for (const std::size_t place : places) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (i == place || names[i].starts_with(names[place] + ".")) values[i] = nullptr;
    }
  }
  return values;
}

std::vector<SeedGroup> group_by_seed(const SweepRecords& sweep, const VaryingSettings& varying) {
  ModelRanks models;
  if (const json* grid = value_at(sweep.spec, "grid")) collect_model_ranks(*grid, false, models);
  collect_model_ranks(sweep.spec, false, models);
  // Only what the order needs comes first; the names themselves settle what the orders do not know.
  using Key = std::tuple<std::size_t, std::string, std::size_t, std::string, Index, std::vector<json>>;
  std::map<Key, SeedGroup> groups;
  std::map<const Settings*, SeedGroup*> group_of;
  for (const RunRecord& run : sweep.runs) {
    SeedGroup*& group = group_of[run.settings.get()];
    if (group == nullptr) {
      std::vector<json> values;
      for (const std::string& path : varying.columns) values.push_back(setting_or_null(*run.settings, path));
      group = &groups[{rank_of_model(models, run.model), run.model, rank_of_norm(run.norm), run.norm,
                       run.batch_size, values}];
      if (group->runs.empty()) *group = {run.model, run.norm, run.batch_size, std::move(values), {}};
    }
    group->runs.push_back(&run);
  }
  std::vector<SeedGroup> ordered;
  for (auto& [key, group] : groups) {
    std::stable_sort(group.runs.begin(), group.runs.end(),
                     [](const RunRecord* a, const RunRecord* b) { return a->seed < b->seed; });
    ordered.push_back(std::move(group));
  }
  return ordered;
}

}  // namespace normlab
