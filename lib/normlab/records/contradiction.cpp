#include "normlab/records/contradiction.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "normlab/core/json.h"
#include "normlab/records/fields.h"
#include "normlab/records/vocabulary.h"

namespace normlab {
namespace {

using nlohmann::json;

// Of objects, all that both have is compared.
bool agree(const json& a, const json& b) {
  static const std::set<std::string, std::less<>> of_time{"seconds", "cpu_seconds"};
  if (!a.is_object() || !b.is_object()) return a == b;
  for (const auto& [key, value] : a.items()) {
    const auto other = b.find(key);
    if (other != b.end() && !of_time.contains(key) && !agree(value, *other)) return false;
  }
  return true;
}

std::size_t evaluation_count(const json& record) {
  const json* evaluations = value_at(record, "evaluations");
  return evaluations == nullptr ? 0 : evaluations->size();
}

bool has_time_budget(const json& record) {
  return number_at(record, "config.budget.seconds").value_or(0) > 0;
}

// A run that ended by itself ends there, and so, in every record of it that comes so far, unless the clock
// ended it.
std::string contradiction_in_end(const json& a, const json& b) {
  if (has_time_budget(a) || has_time_budget(b)) return "";
  const std::string status_a = text_at(a, "status"), status_b = text_at(b, "status");
  const bool ended_a = is_final_status(status_a), ended_b = is_final_status(status_b);
  const std::size_t count_a = evaluation_count(a), count_b = evaluation_count(b);
  if ((ended_a && count_a < count_b) || (ended_b && count_b < count_a) ||
      (ended_a && ended_b && status_a != status_b))
    return "in how the run ended";
  return "";
}

}  // namespace

std::string contradiction_of(const json& a, const json& b) {
  static const json none = json::array();
  const json *of_a = value_at(a, "evaluations"), *of_b = value_at(b, "evaluations");
  if (of_a == nullptr) of_a = &none;
  if (of_b == nullptr) of_b = &none;
  const std::size_t common = std::min(of_a->size(), of_b->size());
  for (std::size_t i = 0; i < common; ++i) {
    if (!agree((*of_a)[i], (*of_b)[i]))
      return fmt::format("from step {:.0f} on", number_at((*of_a)[i], "step").value_or(0));
  }
  if (std::string end = contradiction_in_end(a, b); !end.empty()) return end;
  const json *test_a = value_at(a, "test"), *test_b = value_at(b, "test");
  const bool both_tested = test_a != nullptr && test_b != nullptr && of_a->size() == of_b->size();
  return both_tested && !agree(*test_a, *test_b) ? "in the results of the test" : "";
}

}  // namespace normlab
