// Reading the objects of a claims file: what is missing, of a wrong type or unknown is refused by its place.
#pragma once

#include <string>
#include <vector>

#include "normlab/core/json.h"

namespace normlab {

class ClaimFields {
 public:
  // `where` is the file's name, or the object's path behind it. RequestError naming it when the value is no
  // object.
  ClaimFields(const Json& value, std::string where);

  std::string name_of(const std::string& key) const;  // "c1.json: claims[0].id"
  const Json* find(const std::string& key) const;     // null pointer when there is none

  // Each throws RequestError naming the field.
  std::string text(const std::string& key) const;  // of at least one character
  std::size_t name(const std::string& key, const std::vector<std::string>& known) const;  // its place there
  std::vector<Json> list(const std::string& key) const;                                   // empty when absent
  ClaimFields object(const std::string& key, const std::vector<std::string>& known) const;
  std::vector<ClaimFields> objects(const std::string& key) const;  // at least one
  void refuse_others(const std::vector<std::string>& known) const;

  // With those of `keys` that only `outer` says taken from there.
  ClaimFields with_defaults(const ClaimFields& outer, const std::vector<std::string>& keys) const;

 private:
  Json object_;
  std::string where_;
};

}  // namespace normlab
