#include "normlab/records/evaluations.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>
#include <utility>

#include "normlab/records/value_checks.h"

namespace normlab {
namespace {

using nlohmann::json;

enum Field : std::size_t {
  step,
  samples,
  epoch,
  cpu_seconds,
  learning_rate,
  gradient_norm,
  train_seconds,
  evaluate_seconds,
  elapsed_seconds
};

struct FieldName {
  std::string_view path, group, name;
};

// In the order of the enumeration.
constexpr FieldName field_names[] = {{"step", "", "step"},
                                     {"samples", "", "samples"},
                                     {"epoch", "", "epoch"},
                                     {"cpu_seconds", "", "cpu_seconds"},
                                     {"learning_rate", "", "learning_rate"},
                                     {"gradient_norm", "", "gradient_norm"},
                                     {"seconds.train", "seconds", "train"},
                                     {"seconds.evaluate", "seconds", "evaluate"},
                                     {"seconds.elapsed", "seconds", "elapsed"}};

std::optional<std::size_t> find_field(std::string_view group, std::string_view name) {
  for (std::size_t i = 0; i < std::size(field_names); ++i) {
    if (field_names[i].group == group && field_names[i].name == name) return i;
  }
  return std::nullopt;
}

std::string_view find_group(std::string_view name) {
  for (const std::string_view group : {"seconds", "train", "validation"}) {
    if (group == name) return group;
  }
  return "";
}

template <class Values>
const json* value_of(const Values& values, std::size_t field) {
  return values[field].is_discarded() ? nullptr : &values[field];
}

template <class Values>
void require_evaluation(const Values& values) {
  require_count(value_of(values, step), "step", 1);
  require_count(value_of(values, samples), "samples");
  for (const Field field : {epoch, train_seconds, evaluate_seconds, elapsed_seconds, cpu_seconds})
    require_amount(value_of(values, field), field_names[field].path);
  for (const Field field : {learning_rate, gradient_norm})
    require_number_or_null(value_of(values, field), field_names[field].path);
}

// A number is better than null, and that than anything else.
int badness(const json& value) {
  return value.is_number() ? 0 : value.is_null() ? 1 : 2;
}

void require_metric(const MetricsFound& metrics, const std::string& name, std::string_view part,
                    std::size_t evaluations, bool null_too) {
  const std::string path = fmt::format("{}.{}", part, name);
  const auto found = metrics.find(name);
  const bool everywhere = found != metrics.end() && found->second.evaluations == evaluations;
  const json& worst = require_value(everywhere ? &found->second.worst : nullptr, path);
  null_too ? require_number_or_null(&worst, path) : require_number(&worst, path);
}

// Tells of a value in memory.
void tell(const json& value, JsonEvents& events) {
  if (!value.is_structured()) return events.value(value);
  value.is_object() ? events.start_object() : events.start_array();
  for (const auto& [name, member] : value.items()) {
    std::string key = name;
    if (value.is_object()) events.key(key);
    tell(member, events);
  }
  events.end();
}

}  // namespace

void require_metrics(const EvaluationDigest& evaluations, const std::vector<std::string>& names,
                     bool null_too) {
  if (evaluations.count == 0) return;
  for (const std::string& name : names)
    require_metric(evaluations.train, name, "train", evaluations.count, null_too);
  for (const std::string& name : names)
    require_metric(evaluations.validation, name, "validation", evaluations.count, null_too);
}

void EvaluationReader::start_evaluation() {
  values_.fill(json(json::value_t::discarded));
  field_.reset();
  metric_ = nullptr;
  next_group_ = in_group_ = "";
}

void EvaluationReader::start(json::value_t container) {
  if (depth_ == 0) start_evaluation();
  if (field_ || metric_ != nullptr) keep(json(container));
  if (depth_ == 1 && container == json::value_t::object) in_group_ = next_group_;
  ++depth_;
}

void EvaluationReader::end() {
  --depth_;
  if (depth_ == 1) in_group_ = "";
  if (depth_ == 0) finish_evaluation();
}

void EvaluationReader::key(std::string& name) {
  field_.reset();
  metric_ = nullptr;
  if (depth_ == 1) {
    next_group_ = find_group(name);
    if (next_group_.empty()) field_ = find_field("", name);
  } else if (depth_ == 2 && !in_group_.empty()) {
    field_ = find_field(in_group_, name);
    if (in_group_ == "train") metric_ = &digest_.train[name];
    if (in_group_ == "validation") metric_ = &digest_.validation[name];
  }
}

void EvaluationReader::value(json scalar) {
  if (depth_ > 0) return keep(std::move(scalar));
  start_evaluation();
  finish_evaluation();
}

void EvaluationReader::keep(json value) {
  if (metric_ != nullptr) return keep_metric(std::move(value));
  if (field_) values_[*field_] = std::move(value);
  field_.reset();
}

void EvaluationReader::keep_metric(json value) {
  MetricFound& metric = *std::exchange(metric_, nullptr);
  const double number = value.is_number() ? value.get<double>() : NAN;
  const std::size_t evaluation = digest_.count + 1;
  if (metric.evaluations == 0 || badness(value) > badness(metric.worst)) metric.worst = std::move(value);
  if (metric.last != evaluation) ++metric.evaluations;
  metric.values.resize(metric.evaluations);
  metric.values.back() = number;
  metric.last = evaluation;
}

double EvaluationReader::number(std::size_t field) const {
  const json& value = values_[field];
  const double number = value.is_number() ? value.get<double>() : 0;
  return std::isfinite(number) ? number : 0;
}

void EvaluationReader::finish_evaluation() {
  ++digest_.count;
  const json& steps = values_[step];
  digest_.points.push_back({.epochs = number(epoch),
                            .steps = steps.is_number_integer() ? steps.get<Index>() : 0,
                            .train_seconds = number(train_seconds)});
  digest_.last_elapsed_seconds = number(elapsed_seconds);
  if (!digest_.defect.empty()) return;
  try {
    require_evaluation(values_);
    const auto found = values_[step].get<std::uint64_t>();
    if (found <= last_step_) throw RecordDefect("its evaluations are not in the order of their steps");
    last_step_ = found;
  } catch (const RecordDefect& defect) {
    digest_.defect = defect.what();
  }
}

EvaluationDigest digest_evaluations(const json& list) {
  EvaluationReader reader;
  for (const json& evaluation : list) tell(evaluation, reader);
  return reader.digest();
}

}  // namespace normlab
