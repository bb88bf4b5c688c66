// Reads the settings of one JSON object, strictly: a wrong type, a value out of range or an unknown key is a
// RequestError that names the setting by its dotted path.
#pragma once

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "normlab/core/json.h"
#include "normlab/experiment/config/setting_description.h"
#include "normlab/settings/visitor.h"

namespace normlab {

// What reading comes across, for those who ask: all that is looked for, said or not, also in objects that are
// not there; and by dotted paths what is said and not looked for, which is then no error.
struct SettingNotes {
  std::vector<SettingDescription> described;
  Names unknown;
};

// {"name": "lstm"} for "lstm".
Json as_object(const Json& value);

[[noreturn]] void refuse_value(std::string_view path, const Json& value, std::string_view allowed);
double read_number(const Json& value, std::string_view path, const Range& range);
// 1e4 counts as an integer, too.
Index read_integer(const Json& value, std::string_view path, Index low, Index high);
std::string read_string(const Json& value, std::string_view path, std::string_view allowed);
std::size_t read_name(const Json& value, std::string_view path, const Names& known);

inline constexpr Index largest_size = Index{1} << 40;

// Every setting that is asked for counts as known; refuse_others() then refuses the rest.
class SettingsReader : public SettingVisitor {
 public:
  // `shorthand`: the object was a plain name, so a refusal of the name says "norm" and not "norm.name".
  SettingsReader(const Json& object, std::string path, bool shorthand = false, SettingNotes* notes = nullptr);

  void number(const Setting& setting, double& x, const Range& range) override;
  void integer(const Setting& setting, Index& x, Index low) override;
  void flag(const Setting& setting, bool& x) override;
  void sizes(const Setting& setting, std::vector<Index>& x, bool may_be_empty) override;
  void size_lists(const Setting& setting, std::vector<std::vector<Index>>& x) override;
  void choice(const Setting& setting, std::size_t& chosen, const Names& names) override;

  // What is said of a setting that needs words of its own, or null.
  const Json* find(const Setting& setting, SettingKind kind, const Names& choices, std::string allowed);
  bool says(const char* key) const { return object_.contains(key); }
  std::string path(const char* key) const;
  SettingNotes* notes() const { return notes_; }

  // Reads the object at `setting`, which may be a plain name of `names`; nothing when it is absent.
  // `body(reader)` reads the name first, and returns what owns the settings ("lstm"), for refusals.
  template <class Body>
  void object(const Setting& setting, const Names& names, Body&& body) {
    const Json* value = find(setting, SettingKind::text, names, "");
    if (value == nullptr && notes_ == nullptr) return;
    const Json said = value == nullptr ? Json::object() : as_object(*value);
    if (!said.is_object()) refuse_value(path(setting.key), *value, "a name or an object is");
    SettingsReader reader(said, path(setting.key), value != nullptr && value->is_string(), notes_);
    const std::string owner = body(reader);
    reader.refuse_others(owner);
  }

  // `owner` is what has the settings ("lstm"), or "" for the config itself. `suggest` may know better than
  // the nearest name what a key stands for; it returns a dotted path or "".
  using Suggest = std::string (*)(const std::string& key);
  void refuse_others(std::string_view owner, Suggest suggest = nullptr) const;

 private:
  const Json& object_;
  std::string path_;
  bool shorthand_;
  SettingNotes* notes_;
  Names known_;
};

}  // namespace normlab
