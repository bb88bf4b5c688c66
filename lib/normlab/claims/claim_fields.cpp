#include "normlab/claims/claim_fields.h"

#include <fmt/format.h>

#include <algorithm>

#include "normlab/core/error.h"

namespace normlab {

ClaimFields::ClaimFields(const Json& value, std::string where) : object_(value), where_(std::move(where)) {
  if (!object_.is_object()) refuse(where_, shown(object_), "an object is");
}

std::string ClaimFields::name_of(const std::string& key) const {
  return where_ + (where_.find(": ") == std::string::npos ? ": " : ".") + key;
}

const Json* ClaimFields::find(const std::string& key) const {
  const auto found = object_.find(key);
  return found == object_.end() ? nullptr : &*found;
}

std::string ClaimFields::text(const std::string& key) const {
  const Json* value = find(key);
  if (value == nullptr || !value->is_string() || value->get_ref<const std::string&>().empty())
    refuse(name_of(key), value == nullptr ? "nothing" : shown(*value), "text is");
  return value->get<std::string>();
}

std::size_t ClaimFields::name(const std::string& key, const std::vector<std::string>& known) const {
  const std::string said = text(key);
  const auto found = std::ranges::find(known, said);
  if (found == known.end()) refuse_name(name_of(key), said, known);
  return static_cast<std::size_t>(found - known.begin());
}

std::vector<Json> ClaimFields::list(const std::string& key) const {
  const Json* value = find(key);
  if (value == nullptr) return {};
  if (!value->is_array()) refuse(name_of(key), shown(*value), "a list is");
  return value->get<std::vector<Json>>();
}

ClaimFields ClaimFields::object(const std::string& key, const std::vector<std::string>& known) const {
  const Json* value = find(key);
  if (value == nullptr) refuse(name_of(key), "nothing", "an object is");
  ClaimFields fields(*value, name_of(key));
  fields.refuse_others(known);
  return fields;
}

std::vector<ClaimFields> ClaimFields::objects(const std::string& key) const {
  const std::vector<Json> values = list(key);
  if (values.empty()) refuse(name_of(key), "nothing", "a list of at least one object is");
  std::vector<ClaimFields> objects;
  objects.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    objects.emplace_back(values[i], fmt::format("{}[{}]", name_of(key), i));
  return objects;
}

void ClaimFields::refuse_others(const std::vector<std::string>& known) const {
  for (const auto& item : object_.items()) {
    if (std::ranges::find(known, item.key()) == known.end()) refuse_name(where_, item.key(), known);
  }
}

ClaimFields ClaimFields::with_defaults(const ClaimFields& outer, const std::vector<std::string>& keys) const {
  ClaimFields fields = *this;
  for (const std::string& key : keys) {
    const Json* value = outer.find(key);
    if (value != nullptr && find(key) == nullptr) fields.object_[key] = *value;
  }
  return fields;
}

}  // namespace normlab
