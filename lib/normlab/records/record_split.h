// A record read from its text with its evaluations apart, which are most of it.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string_view>

#include "normlab/core/json_events.h"

namespace normlab {

// Told of a record: tells `evaluations` what stands in the list that is its evaluations, and `rest` of
// everything else, of that list as one without entries.
class RecordSplit final : public JsonEvents {
 public:
  RecordSplit(JsonEvents& rest, JsonEvents& evaluations) : rest_(rest), evaluations_(evaluations) {}

  void start_object() override;
  void start_array() override;
  void end() override;
  void key(std::string& name) override;
  void value(nlohmann::json scalar) override;

 private:
  JsonEvents& events() { return in_evaluations_ ? evaluations_ : rest_; }

  JsonEvents& rest_;
  JsonEvents& evaluations_;
  int depth_ = 0;
  bool behind_evaluations_ = false;  // the key of the list that is the record's
  bool in_evaluations_ = false;
};

// Tells `each` of every evaluation in turn, in the order of the record. Returns the record with an empty list
// in their place. Throws RequestError naming `source` when `text` is not JSON that parse_json reads.
nlohmann::json read_evaluations(std::string_view text, std::string_view source,
                                const std::function<void(const nlohmann::json& evaluation)>& each);

}  // namespace normlab
