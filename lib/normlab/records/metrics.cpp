#include "normlab/records/metrics.h"

#include <algorithm>
#include <set>

#include "normlab/records/fields.h"
#include "normlab/records/value_checks.h"
#include "normlab/tasks/registry.h"

namespace normlab {
namespace {

using nlohmann::json;

// It is a part of paths and of messages.
bool is_metric_name(const std::string& name) {
  constexpr std::size_t longest = 64;
  return !name.empty() && name.size() <= longest && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

Metric read_metric(const json& description) {
  Metric metric{.name = text_at(description, "name"), .unit = text_at(description, "unit")};
  const std::optional<Better> better = parse_better(text_at(description, "better"));
  const json* unit = value_at(description, "unit");
  if (!is_metric_name(metric.name) || unit == nullptr || !unit->is_string() || !better)
    throw RecordDefect("its metrics are not a list of names, units and directions");
  metric.better = *better;
  return metric;
}

bool has_all(const std::vector<std::string>& found, const std::vector<Metric>& metrics) {
  return std::all_of(metrics.begin(), metrics.end(), [&](const Metric& metric) {
    return std::find(found.begin(), found.end(), metric.name) != found.end();
  });
}

}  // namespace

Json metrics_json(const std::vector<Metric>& metrics) {
  Json list = Json::array();
  for (const Metric& metric : metrics)
    list.push_back({{"name", metric.name}, {"unit", metric.unit}, {"better", better_name(metric.better)}});
  return list;
}

std::vector<Metric> described_metrics(const json& record) {
  const auto list = record.find("metrics");
  if (list == record.end()) return {};
  if (!list->is_array() || list->empty()) throw RecordDefect("its metrics are not a list of any");
  std::vector<Metric> metrics;
  metrics.reserve(list->size());
  std::set<std::string> names;
  for (const json& description : *list) {
    metrics.push_back(read_metric(description));
    if (!names.insert(metrics.back().name).second) throw RecordDefect("its metrics have one name twice");
  }
  return metrics;
}

std::vector<Metric> metrics_of(const json& record, const std::vector<std::string>& found) {
  std::vector<Metric> metrics = described_metrics(record);
  if (!metrics.empty()) return metrics;
  for (const Task* task : all_tasks()) {
    if (task->metrics.size() > metrics.size() && has_all(found, task->metrics)) metrics = task->metrics;
  }
  return metrics;
}

std::vector<std::string> keys_of(const json* object) {
  std::vector<std::string> keys;
  if (object == nullptr || !object->is_object()) return keys;
  keys.reserve(object->size());
  for (const auto& [key, value] : object->items()) keys.push_back(key);
  return keys;
}

}  // namespace normlab
