#include "normlab/experiment/config/settings_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "normlab/core/error.h"
#include "normlab/core/nearest_name.h"
#include "normlab/core/text.h"

namespace normlab {
namespace {

std::string join_path(std::string_view parent, std::string_view key) {
  return parent.empty() ? std::string(key) : fmt::format("{}.{}", parent, key);
}

double number_or_nan(const Json& value) {
  return value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

std::vector<Index> read_sizes(const Json& value, std::string_view path, bool may_be_empty) {
  if (!value.is_array() || (value.empty() && !may_be_empty)) {
    refuse_value(path, value, "a list of integers of at least 1, such as [256, 256], is");
  }
  std::vector<Index> sizes;
  sizes.reserve(value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    sizes.push_back(read_integer(value[i], fmt::format("{}[{}]", path, i), 1, largest_size));
  }
  return sizes;
}

}  // namespace

Json as_object(const Json& value) {
  return value.is_string() ? Json{{"name", value}} : value;
}

void refuse_value(std::string_view path, const Json& value, std::string_view allowed) {
  refuse(path, shown(value), allowed);
}

double read_number(const Json& value, std::string_view path, const Range& range) {
  const double x = number_or_nan(value);
  if (!range.holds(x)) refuse_value(path, value, range.words);
  return x == 0 ? 0 : x;  // -0.0 is the same setting as 0, and has the same id
}

Index read_integer(const Json& value, std::string_view path, Index low, Index high) {
  const double x = number_or_nan(value);
  if (!(x >= static_cast<double>(low) && x <= static_cast<double>(high)) || x != std::floor(x)) {
    refuse_value(path, value, fmt::format("an integer from {} to {} is", low, high));
  }
  return value.is_number_integer() ? value.get<Index>() : static_cast<Index>(x);
}

std::string read_string(const Json& value, std::string_view path, std::string_view allowed) {
  if (!value.is_string()) refuse_value(path, value, allowed);
  return value.get<std::string>();
}

std::size_t read_name(const Json& value, std::string_view path, const Names& known) {
  const std::string allowed = fmt::format("one of {} is", fmt::join(known, ", "));
  // Among the names may be true and false themselves.
  const std::string name = value.is_boolean() && std::ranges::find(known, value.dump()) != known.end()
                               ? value.dump()
                               : read_string(value, path, allowed);
  const auto found = std::find(known.begin(), known.end(), name);
  if (found == known.end()) refuse_name(path, name, known);
  return static_cast<std::size_t>(found - known.begin());
}

SettingsReader::SettingsReader(const Json& object, std::string path, bool shorthand, SettingNotes* notes)
    : object_(object), path_(std::move(path)), shorthand_(shorthand), notes_(notes) {
  if (!object.is_object()) refuse_value(path_.empty() ? "config" : path_, object, "an object is");
}

const Json* SettingsReader::find(const Setting& setting, SettingKind kind, const Names& choices,
                                 std::string allowed) {
  known_.emplace_back(setting.key);
  if (notes_ != nullptr) {
    notes_->described.push_back({.path = join_path(path_, setting.key),
                                 .setting = setting,
                                 .kind = kind,
                                 .choices = choices,
                                 .allowed = std::move(allowed),
                                 .default_text = "",
                                 .owners = ""});
  }
  const auto found = object_.find(setting.key);
  return found == object_.end() ? nullptr : &*found;
}

std::string SettingsReader::path(const char* key) const {
  return shorthand_ ? path_ : join_path(path_, key);
}

void SettingsReader::number(const Setting& setting, double& x, const Range& range) {
  const Json* value = find(setting, SettingKind::value, {}, range.brief);
  if (value != nullptr) x = read_number(*value, path(setting.key), range);
}

void SettingsReader::integer(const Setting& setting, Index& x, Index low) {
  const Json* value = find(setting, SettingKind::value, {}, fmt::format("{} or more", low));
  if (value != nullptr) x = read_integer(*value, path(setting.key), low, largest_size);
}

void SettingsReader::flag(const Setting& setting, bool& x) {
  const Json* value = find(setting, SettingKind::flag, {"true", "false"}, "true, false");
  if (value == nullptr) return;
  if (!value->is_boolean()) refuse_value(path(setting.key), *value, "true or false is");
  x = value->get<bool>();
}

void SettingsReader::sizes(const Setting& setting, std::vector<Index>& x, bool may_be_empty) {
  const char* allowed = may_be_empty ? "integers, 1 or more; may be empty" : "integers, 1 or more";
  const Json* value = find(setting, SettingKind::value, {}, allowed);
  if (value != nullptr) x = read_sizes(*value, path(setting.key), may_be_empty);
}

void SettingsReader::size_lists(const Setting& setting, std::vector<std::vector<Index>>& x) {
  const Json* value = find(setting, SettingKind::value, {}, "lists of integers, 1 or more");
  if (value == nullptr) return;
  if (!value->is_array() || value->empty()) {
    refuse_value(path(setting.key), *value, "a list of blocks, such as [[32], [64, 64]], is");
  }
  x.clear();
  x.reserve(value->size());
  for (std::size_t i = 0; i < value->size(); ++i) {
    x.push_back(read_sizes((*value)[i], fmt::format("{}[{}]", path(setting.key), i), false));
  }
}

void SettingsReader::choice(const Setting& setting, std::size_t& chosen, const Names& names) {
  const Json* value = find(setting, SettingKind::text, names, "");
  if (value != nullptr) chosen = read_name(*value, path(setting.key), names);
}

void SettingsReader::refuse_others(std::string_view owner, Suggest suggest) const {
  for (const auto& item : object_.items()) {
    if (std::find(known_.begin(), known_.end(), item.key()) != known_.end()) continue;
    if (notes_ != nullptr) {
      notes_->unknown.push_back(join_path(path_, item.key()));
      continue;
    }
    const std::string within = suggest == nullptr ? "" : suggest(item.key());
    const std::string nearest = within.empty() ? nearest_name(item.key(), known_) : within;
    throw RequestError(fmt::format(
        "{}: unknown setting{}; known are {}{}.", shortened(join_path(path_, item.key())),
        owner.empty() ? "" : fmt::format(" of {}", owner), fmt::join(known_, ", "),
        nearest.empty() ? "" : fmt::format(" (did you mean \"{}\"?)", join_path(path_, nearest))));
  }
}

}  // namespace normlab
