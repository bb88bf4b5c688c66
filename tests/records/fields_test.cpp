#include "normlab/records/fields.h"

#include <doctest/doctest.h>

using namespace normlab;
using nlohmann::json;

TEST_CASE("a value of another type counts as absent") {
  const json record = {{"convergence", {{"epochs", "three"}}}, {"test", nullptr}};
  CHECK_FALSE(number_at(record, "convergence.epochs"));
  CHECK_FALSE(number_at(record, "test.error"));
  CHECK_FALSE(number_at(record, "convergence.epochs.more"));
  CHECK(text_at(record, "convergence.epochs") == "three");
}
