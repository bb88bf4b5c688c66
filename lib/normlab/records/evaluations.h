// A record's evaluations, looked at one after the other. They are most of a record's file, and neither checks
// nor reports need more of them than a few numbers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "normlab/core/json_events.h"

namespace normlab {

// What is known of a list of evaluations when it has been read.
struct EvaluationDigest {
  std::size_t count = 0;
  std::string defect;   // why it is none of a record, as the end of a sentence, or ""
  std::string missing;  // why it is none of a run that has a result, or ""
  // Of the last one, where it tells.
  std::optional<double> last_epoch, last_step, last_train_seconds;
  std::string metric;  // of the first one's validation, see reported_metric(); "" when it has none
};

// Which metric of those in a record a report shows: "error", unless `key` or one before it counts a text's
// bits. To be called with each key, and with what it returned for the key before; "" when there is none.
std::string_view reported_metric(std::string_view before, std::string_view key);

// Told of the evaluations in a list, digests them.
class EvaluationReader final : public JsonEvents {
 public:
  void start_object() override { start(nlohmann::json::value_t::object); }
  void start_array() override { start(nlohmann::json::value_t::array); }
  void end() override;
  void key(std::string& name) override;
  void value(nlohmann::json scalar) override;

  const EvaluationDigest& digest() const { return digest_; }

 private:
  static constexpr std::size_t checked_fields = 13;

  void start(nlohmann::json::value_t container);
  void start_evaluation();
  void keep(nlohmann::json value);
  void finish_evaluation();
  std::optional<double> number(std::size_t field) const;

  EvaluationDigest digest_;
  std::uint64_t last_step_ = 0;
  // Of the evaluation at hand.
  std::array<nlohmann::json, checked_fields> values_;  // discarded where it has none
  int depth_ = 0;                                      // 0 between evaluations
  std::optional<std::size_t> field_;                   // of the value that comes next
  std::string_view next_group_, in_group_;             // "seconds", behind its key and within it
};

// The same of a list in memory.
EvaluationDigest digest_evaluations(const nlohmann::json& list);

}  // namespace normlab
