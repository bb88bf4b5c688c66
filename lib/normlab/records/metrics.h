// The metrics that a record has: what each is called, its unit, and which direction is better.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "normlab/core/json.h"
#include "normlab/tasks/metric.h"

namespace normlab {

// [{"name": "loss", "unit": "nats", "better": "lower"}, …], in the order of the task's.
Json metrics_json(const std::vector<Metric>& metrics);

// Those that the record describes; nothing when it is of a version that did not. Throws RecordDefect for what
// metrics_json() does not write.
std::vector<Metric> described_metrics(const nlohmann::json& record);

// The same, and for a record of an older version those of the task whose metrics are among `found`, the names
// in its evaluations or its test.
std::vector<Metric> metrics_of(const nlohmann::json& record, const std::vector<std::string>& found);

// The keys of an object; none of anything else.
std::vector<std::string> keys_of(const nlohmann::json* object);

}  // namespace normlab
