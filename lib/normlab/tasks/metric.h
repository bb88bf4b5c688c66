// What a network is judged by.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace normlab {

enum class Better { lower, higher };

struct Metric {
  std::string name;  // "bits_per_character": in targets and records
  std::string unit;  // "nats", "bits" or "fraction" (of the predictions); "" when it is not known
  Better better = Better::lower;
  std::optional<double> best = {};  // no value is better than that
};

// One for each metric of a task, in their order.
using MetricValues = std::vector<double>;

// "lower" or "higher", and back; nothing for another word.
std::string_view better_name(Better better);
std::optional<Better> parse_better(std::string_view name);

// How a target compares a metric with its number: "<=", or ">=" where higher is better.
std::string_view comparison(Better better);

}  // namespace normlab
