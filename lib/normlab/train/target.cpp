#include "normlab/train/target.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include "normlab/core/error.h"
#include "normlab/core/text.h"

namespace normlab {
namespace {

constexpr Index longest_hold = 1000;

const std::vector<std::string>& split_names() {
  static const std::vector<std::string> names{"train", "validation"};
  return names;
}

std::vector<std::string> metric_names(const std::vector<Metric>& metrics) {
  std::vector<std::string> names;
  names.reserve(metrics.size());
  for (const Metric& metric : metrics) names.push_back(metric.name);
  return names;
}

[[noreturn]] void refuse_form(std::string_view target, const std::vector<Metric>& metrics) {
  std::string form = "SPLIT.METRIC<=NUMBER";
  for (const Metric& metric : metrics) {
    if (metric.better == Better::higher) form += fmt::format(", SPLIT.{}>=NUMBER", metric.name);
  }
  refuse(
      "target", fmt::format("\"{}\"", target),
      fmt::format("the form is {}, for example \"validation.loss<=0.5\" or \"validation.loss<=0.5 for 2\", "
                  "where SPLIT is one of {} and METRIC one of {}",
                  form, fmt::join(split_names(), ", "), fmt::join(metric_names(metrics), ", ")));
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

Split parse_split(std::string_view name) {
  if (name == "train") return Split::train;
  if (name == "validation") return Split::validation;
  if (name == "test")
    refuse("target", "\"test\"", "the test set is read once at the end; use validation or train");
  refuse_name("target", name, split_names());
}

std::size_t parse_metric(std::string_view name, const std::vector<Metric>& metrics) {
  const auto found =
      std::find_if(metrics.begin(), metrics.end(), [&](const Metric& metric) { return metric.name == name; });
  if (found == metrics.end()) refuse_name("target", name, metric_names(metrics));
  return static_cast<std::size_t>(found - metrics.begin());
}

void require_direction(std::string_view sign, std::string_view whole, const Target& target) {
  const Metric& metric = target.metric;
  if (sign == comparison(metric.better)) return;
  refuse("target", fmt::format("\"{}\"", whole),
         fmt::format("a {} {} is the better one, so {}NUMBER is", better_name(metric.better),
                     with_blanks(metric.name), comparison(metric.better)));
}

double parse_threshold(std::string_view number, std::string_view whole, const std::vector<Metric>& metrics) {
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error != std::errc() || end != number.data() + number.size() || !std::isfinite(value)) {
    refuse_form(whole, metrics);
  }
  return value == 0 ? 0 : value;  // -0.0 is the same target as 0
}

// What stands before and behind the word "for".
std::pair<std::string_view, std::optional<std::string_view>> split_hold(std::string_view text) {
  const auto word = text.find("for");
  if (word == std::string_view::npos) return {trim(text), std::nullopt};
  return {trim(text.substr(0, word)), trim(text.substr(word + 3))};
}

Index parse_hold(std::string_view count, std::string_view whole) {
  Index value = 0;
  const auto [end, error] = std::from_chars(count.data(), count.data() + count.size(), value);
  const bool is_count = error == std::errc() && end == count.data() + count.size() && value >= 1;
  if (!is_count || value > longest_hold) {
    refuse("target", fmt::format("\"{}\"", whole),
           fmt::format(
               "behind \"for\" stands how many evaluations in a row the condition has to hold at, 1 to {}",
               longest_hold));
  }
  return value;
}

void require_possible(const Target& target, std::string_view whole) {
  const Metric& metric = target.metric;
  if (!metric.best) return;
  const bool is_lower = metric.better == Better::lower;
  if (is_lower ? target.threshold >= *metric.best : target.threshold <= *metric.best) return;
  refuse("target", fmt::format("\"{}\"", whole),
         fmt::format("no {} is {} {}, so a number of at {} {} is", with_blanks(metric.name),
                     is_lower ? "below" : "above", *metric.best, is_lower ? "least" : "most", *metric.best));
}

}  // namespace

bool Target::holds(double value) const {
  return metric.better == Better::lower ? value <= threshold : value >= threshold;
}

bool Target::holds(const MetricValues& train, const MetricValues& validation) const {
  return holds((split == Split::train ? train : validation)[place]);
}

std::string Target::text() const {
  return fmt::format("{}.{}{}{}{}", split == Split::train ? "train" : "validation", metric.name,
                     comparison(metric.better), threshold, hold > 1 ? fmt::format(" for {}", hold) : "");
}

Target parse_target(std::string_view text, const std::vector<Metric>& metrics) {
  const auto sign = std::min(text.find("<="), text.find(">="));
  const auto point = text.find('.');
  if (sign == std::string_view::npos || point == std::string_view::npos || point > sign) {
    refuse_form(text, metrics);
  }
  Target target{.split = parse_split(trim(text.substr(0, point)))};
  target.place = parse_metric(trim(text.substr(point + 1, sign - point - 1)), metrics);
  target.metric = metrics[target.place];
  require_direction(text.substr(sign, 2), text, target);
  const auto [number, count] = split_hold(text.substr(sign + 2));
  target.threshold = parse_threshold(number, text, metrics);
  if (count) target.hold = parse_hold(*count, text);
  require_possible(target, text);
  return target;
}

}  // namespace normlab
