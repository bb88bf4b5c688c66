// Writes the settings of one object as JSON: the counterpart of SettingsReader.
#pragma once

#include "normlab/core/json.h"
#include "normlab/settings/visitor.h"

namespace normlab {

// A young setting is left out where it has the value that it had before it could be set: so runs keep the ids
// that older versions gave them.
enum class YoungSettings { where_set, all };

class SettingsWriter : public SettingVisitor {
 public:
  explicit SettingsWriter(YoungSettings young = YoungSettings::where_set) : young_(young) {}

  void number(const Setting& setting, double& x, const Range&) override { write(setting, x, x == 0); }
  void integer(const Setting& setting, Index& x, Index) override { write(setting, x, x == 0); }
  void flag(const Setting& setting, bool& x) override { write(setting, x, !x); }
  void sizes(const Setting& setting, std::vector<Index>& x, bool) override { write(setting, x, false); }
  void size_lists(const Setting& setting, std::vector<std::vector<Index>>& x) override {
    write(setting, x, false);
  }
  void choice(const Setting& setting, std::size_t& chosen, const Names& names) override {
    const std::string& name = names[chosen];
    write(setting, name == "true" || name == "false" ? Json(name == "true") : Json(name), chosen == 0);
  }

  Json& object() { return object_; }

 private:
  template <class Value>
  void write(const Setting& setting, const Value& value, bool is_default) {
    if (!setting.young || !is_default || young_ == YoungSettings::all) object_[setting.key] = value;
  }

  YoungSettings young_;
  Json object_ = Json::object();
};

}  // namespace normlab
