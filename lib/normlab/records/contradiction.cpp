#include "normlab/records/contradiction.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "normlab/core/json.h"
#include "normlab/records/fields.h"

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
  const json *test_a = value_at(a, "test"), *test_b = value_at(b, "test");
  const bool both_tested = test_a != nullptr && test_b != nullptr && of_a->size() == of_b->size();
  return both_tested && !agree(*test_a, *test_b) ? "in the results of the test" : "";
}

}  // namespace normlab
