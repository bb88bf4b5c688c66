#include "normlab/records/time_doubts.h"

#include <algorithm>

#include "normlab/core/json.h"
#include "normlab/records/fields.h"
#include "normlab/train/clock_check.h"

namespace normlab {

std::vector<std::string> time_warnings_of(const nlohmann::json& record) {
  std::vector<std::string> warnings;
  const nlohmann::json* list = value_at(record, "time_warnings");
  if (list == nullptr || !list->is_array()) return warnings;
  for (const nlohmann::json& warning : *list)
    warnings.push_back(warning.is_string() ? warning.get<std::string>() : warning.dump());
  return warnings;
}

bool doubts_median_step(const nlohmann::json& record) {
  constexpr double most_steps = 1e15;  // a record says what it likes, and an integer does not hold all of it
  TrainingClock clock;
  clock.steps =
      static_cast<Index>(std::clamp(number_at(record, "training_clock.steps").value_or(0), 0.0, most_steps));
  clock.seconds = number_at(record, "training_clock.seconds").value_or(0);
  clock.cpu_seconds = number_at(record, "training_clock.cpu_seconds").value_or(0);
  return is_median_step_doubtful(clock, number_at(record, "step_seconds.median").value_or(0));
}

}  // namespace normlab
