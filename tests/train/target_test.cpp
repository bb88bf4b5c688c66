#include "normlab/train/target.h"

#include <doctest/doctest.h>

#include <cmath>

#include "data/idx_files.h"
#include "normlab/core/error.h"
#include "normlab/tasks/classification.h"
#include "normlab/tasks/language_modelling.h"
#include "throws.h"

namespace normlab {

namespace {

const std::vector<Metric>& of_images() {
  return classification().metrics;
}

const std::vector<Metric>& of_bytes() {
  return language_modelling(TextUnit::byte).metrics;
}

// Of a task that there is not: the first is lower the better, the second higher, the third has no best value.
const std::vector<Metric> of_scores{
    {.name = "loss", .unit = "squared pixels", .better = Better::lower, .best = 0},
    {.name = "accuracy", .unit = "fraction", .better = Better::higher, .best = 1},
    {.name = "return", .unit = "", .better = Better::higher}};

}  // namespace

TEST_CASE("targets are read, and written in one form") {
  CHECK(parse_target("validation.error<=0.12", of_images()).text() == "validation.error<=0.12");
  CHECK(parse_target(" train.loss <= 1e-3 ", of_images()).text() == "train.loss<=0.001");
  CHECK(parse_target("train.loss<=-0.0", of_images()).text() == "train.loss<=0");
  CHECK(parse_target("validation.bits_per_byte<=2.5", of_bytes()).text() == "validation.bits_per_byte<=2.5");
  CHECK(parse_target("validation . accuracy >= 0.9", of_scores).text() == "validation.accuracy>=0.9");
  CHECK(parse_target("validation.error<=0.02 for 2", of_images()).text() == "validation.error<=0.02 for 2");
  CHECK(parse_target("validation.error<=0.02for 3 ", of_images()).hold == 3);
  CHECK(parse_target("validation.error<=0.02 for 1", of_images()).text() == "validation.error<=0.02");
}

TEST_CASE("a target is reached at its threshold") {
  const Target target = parse_target("validation.error<=0.12", of_images());
  const MetricValues good{9, 0.12}, bad{0, 0.1200001};
  CHECK(target.holds(bad, good));
  CHECK_FALSE(target.holds(good, bad));
  CHECK(parse_target("train.bits_per_byte<=1", of_bytes()).holds({9, 1, 0.99}, {0, 0, 2}));
}

TEST_CASE("a target is held for a number of evaluations, and no other") {
  for (const char* text : {"validation.error<=0.02 for", "validation.error<=0.02 for 0",
                           "validation.error<=0.02 for -1", "validation.error<=0.02 for 1.5",
                           "validation.error<=0.02 for two", "validation.error<=0.02 for 1001"}) {
    CAPTURE(text);
    CHECK(testing::contains(testing::request_error([&] { parse_target(text, of_images()); }),
                            "evaluations in a row"));
  }
}

TEST_CASE("where higher is better, a target is reached from below") {
  const Target target = parse_target("validation.accuracy>=0.9", of_scores);
  const MetricValues good{9, 0.9, 0}, bad{0, 0.8999, 1}, none{0, std::nan(""), 0};
  CHECK(target.holds(bad, good));
  CHECK_FALSE(target.holds(good, bad));
  CHECK_FALSE(target.holds(good, none));
  CHECK(parse_target("train.return>=-200", of_scores).holds({0, 0, -199}, bad));
}

TEST_CASE("what a metric can never be, or is from the start, is no target") {
  const auto refusal = [](const char* text, const std::vector<Metric>& metrics) {
    return testing::request_error([&] { parse_target(text, metrics); });
  };
  CHECK(
      refusal("validation.error<=-1", of_images()) ==
      "target: \"validation.error<=-1\" is not allowed; no error is below 0, so a number of at least 0 is.");
  CHECK(refusal("validation.accuracy>=1.5", of_scores) ==
        "target: \"validation.accuracy>=1.5\" is not allowed; no accuracy is above 1, so a number of at most "
        "1 is.");
  CHECK(refusal("validation.error>=0.1", of_images()) ==
        "target: \"validation.error>=0.1\" is not allowed; a lower error is the better one, so <=NUMBER is.");
  CHECK(refusal("validation.accuracy<=0.1", of_scores) ==
        "target: \"validation.accuracy<=0.1\" is not allowed; a higher accuracy is the better one, so "
        ">=NUMBER is.");
}

TEST_CASE("a metric of another task is refused with those that there are") {
  test::check_throws_saying<RequestError>(
      "loss, error, bits_per_byte", [] { parse_target("validation.bits_per_character<=1", of_bytes()); });
  test::check_throws_saying<RequestError>("loss, error",
                                          [] { parse_target("train.bits_per_byte<=1", of_images()); });
}

TEST_CASE("what has not the form of a target is refused with the metrics that there are") {
  test::check_throws_saying<RequestError>("METRIC one of loss, error.",
                                          [] { parse_target("accuracy>=0.9", of_images()); });
  test::check_throws_saying<RequestError>("loss, error, bits_per_byte.",
                                          [] { parse_target("validation.error<=x", of_bytes()); });
  test::check_throws_saying<RequestError>("SPLIT.METRIC<=NUMBER, SPLIT.accuracy>=NUMBER",
                                          [] { parse_target("accuracy", of_scores); });
}

TEST_CASE("what is not a target is refused by name") {
  for (const char* text : {"", "error", "validation.error", "validation.error<0.1",
                           "validation.error<=", "<=0.1", "validation.error<=abc", "validation.error<=0.1x",
                           "validation.error<=nan", "valdation.error<=0.1", "validation.eror<=0.1",
                           "test.error<=0.1", "validation.bits_per_character<=2", "validationerror<=0.1"}) {
    CAPTURE(text);
    test::check_throws_saying<RequestError>("target", [&] { parse_target(text, of_images()); });
  }
}

}  // namespace normlab
