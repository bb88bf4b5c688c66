#include "normlab/records/time_doubts.h"

#include <doctest/doctest.h>

using namespace normlab;
using nlohmann::json;

namespace {

json record_with(const json& steps, double seconds, double cpu_seconds, double median) {
  return {{"training_clock", {{"steps", steps}, {"seconds", seconds}, {"cpu_seconds", cpu_seconds}}},
          {"step_seconds", {{"median", median}}}};
}

}  // namespace

TEST_CASE("a record's median step is doubted by its own numbers, whatever they are") {
  CHECK(doubts_median_step(record_with(1000, 2.2, 1.0, 2e-3)));
  CHECK_FALSE(doubts_median_step(record_with(1000, 2.2, 2.1, 2e-3)));
  CHECK(doubts_median_step(record_with(1e300, 2.2, 1.0, 2e-3)));  // more than an integer holds
  CHECK_FALSE(doubts_median_step(record_with(-1e300, 2.2, 1.0, 2e-3)));
  CHECK_FALSE(doubts_median_step(record_with("many", 2.2, 1.0, 2e-3)));
  CHECK_FALSE(doubts_median_step(json::object()));
}

TEST_CASE("warnings of a record that are none are passed over") {
  CHECK(time_warnings_of({{"time_warnings", {"a", "b"}}}) == std::vector<std::string>{"a", "b"});
  CHECK(time_warnings_of({{"time_warnings", "a"}}).empty());
  CHECK(time_warnings_of(json::object()).empty());
}
