// A record's evaluations, looked at one after the other. They are most of a record's file, and neither checks
// nor reports need more of them than a few numbers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "normlab/core/json_events.h"
#include "normlab/train/target_watch.h"

namespace normlab {

// One metric of one part (train or validation) in a list of evaluations.
struct MetricFound {
  std::size_t evaluations = 0;  // that have it
  std::size_t last = 0;         // of these, counted from 1
  nlohmann::json worst;         // a value that is no number at all, if there was one, or null, or a number
  std::vector<double> values;   // one for each evaluation that has it; not-a-number where that has no number
};

using MetricsFound = std::map<std::string, MetricFound, std::less<>>;

// What is known of a list of evaluations when it has been read.
struct EvaluationDigest {
  std::size_t count = 0;
  std::string defect;  // why it is none of a record, as the end of a sentence, or ""
  MetricsFound train, validation;
  std::vector<RunPoint> points;  // of each; 0 where it does not tell
  double last_elapsed_seconds = 0;
};

// Throws RecordDefect unless each evaluation has each of the metrics, in train and in validation, as a
// number; a run without a result may have null.
void require_metrics(const EvaluationDigest& evaluations, const std::vector<std::string>& names,
                     bool null_too);

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
  static constexpr std::size_t checked_fields = 9;

  void start(nlohmann::json::value_t container);
  void start_evaluation();
  void keep(nlohmann::json value);
  void keep_metric(nlohmann::json value);
  void finish_evaluation();
  double number(std::size_t field) const;  // 0 where there is none

  EvaluationDigest digest_;
  std::uint64_t last_step_ = 0;
  // Of the evaluation at hand.
  std::array<nlohmann::json, checked_fields> values_;  // discarded where it has none
  int depth_ = 0;                                      // 0 between evaluations
  std::optional<std::size_t> field_;                   // of the value that comes next
  MetricFound* metric_ = nullptr;                      // likewise
  std::string_view next_group_, in_group_;             // "seconds", behind its key and within it
};

// The same of a list in memory.
EvaluationDigest digest_evaluations(const nlohmann::json& list);

}  // namespace normlab
