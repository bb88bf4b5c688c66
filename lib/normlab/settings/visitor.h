// Whatever has settings says them to a visitor, one after the other, in the order in which they are written:
//
//   void visit_settings(SettingVisitor& visitor, InitSpec& init) {
//     visitor.number({.key = "scale", .meaning = "multiplies every weight that is drawn"}, init.scale,
//                    range::positive_single);
//   }
//
// A visitor that reads a config sets them, one that writes a config takes them, and both list them: so one
// description serves both ways, and every document.
#pragma once

#include "normlab/core/tensor.h"
#include "normlab/settings/setting.h"

namespace normlab {

class SettingVisitor {
 public:
  virtual ~SettingVisitor() = default;

  virtual void number(const Setting& setting, double& x, const Range& range) = 0;
  virtual void integer(const Setting& setting, Index& x, Index low) = 0;  // `low` or more
  virtual void flag(const Setting& setting, bool& x) = 0;
  virtual void sizes(const Setting& setting, std::vector<Index>& x, bool may_be_empty) = 0;  // 1 or more each
  virtual void size_lists(const Setting& setting, std::vector<std::vector<Index>>& x) = 0;   // none empty
  // One of `names`, by its place among them.
  virtual void choice(const Setting& setting, std::size_t& chosen, const Names& names) = 0;

  // The same of an enumeration, whose names are in its order.
  template <class Enumeration>
  void name(const Setting& setting, Enumeration& kind, const Names& names) {
    auto chosen = static_cast<std::size_t>(kind);
    choice(setting, chosen, names);
    kind = static_cast<Enumeration>(chosen);
  }
};

}  // namespace normlab
