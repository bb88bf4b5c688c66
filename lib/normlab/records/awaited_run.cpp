#include "normlab/records/awaited_run.h"

#include <algorithm>
#include <cmath>

#include "normlab/records/vocabulary.h"

namespace normlab {
namespace {

// A setting that is a number above 0; others set no limit.
std::optional<double> positive_setting(const RunRecord& run, std::string_view path) {
  const nlohmann::json* value = setting_at(*run.settings, path);
  const bool is_set = value != nullptr && value->is_number() && value->get<double>() > 0;
  return is_set ? std::optional(value->get<double>()) : std::nullopt;
}

// Characters of a text, of which a batch has windows.
double samples_of_batch(const RunRecord& run) {
  const bool is_text = text_setting_at(*run.settings, "dataset.name") == "text";
  const auto window = is_text ? positive_setting(run, "model.window") : std::nullopt;
  return static_cast<double>(run.batch_size) * window.value_or(1);
}

std::optional<double> ratio_of_costs(const std::optional<double>& cost, const std::optional<double>& unit) {
  return cost && unit && *cost > 0 && *unit > 0 ? std::optional(*cost / *unit) : std::nullopt;
}

}  // namespace

RunCosts budget_end(const RunRecord& run) {
  const RunCosts seen = run.to_end.value_or(RunCosts());
  const auto epoch = ratio_of_costs(seen.steps, seen.epochs);
  const auto second = ratio_of_costs(seen.steps, seen.train_seconds_from_median_step);
  RunCosts end;
  const auto limit = [](std::optional<double>& value, const std::optional<double>& to) {
    if (to) value = std::min(value.value_or(*to), *to);
  };
  limit(end.steps, positive_setting(run, "budget.steps"));
  if (const auto samples = positive_setting(run, "budget.samples"))
    limit(end.steps, std::ceil(*samples / samples_of_batch(run)));
  if (const auto seconds = positive_setting(run, "budget.seconds"); seconds && second)
    limit(end.steps, std::ceil(*seconds * *second));
  const auto epochs = positive_setting(run, "budget.epochs");
  if (epochs && epoch) limit(end.steps, std::ceil(*epochs * std::round(*epoch) - 1e-9));
  limit(end.epochs, epochs);
  if (end.steps && epoch) limit(end.epochs, *end.steps / std::round(*epoch));
  return end;
}

std::optional<AwaitedTime> awaited_time(const RunRecord& run, const std::optional<RunEvent>& event,
                                        RunCount count) {
  const bool reached = event && event->reached;
  const double end = (budget_end(run).*count).value_or(0);
  if (!reached && run.status == status::diverged)
    return AwaitedTime{.observation = {}, .never = true, .end = end};
  if (!event) return std::nullopt;
  const auto time = (reached ? event->at : event->after).*count;
  if (!time) return std::nullopt;
  return AwaitedTime{.observation = {*time, reached}, .never = false, .end = end};
}

}  // namespace normlab
