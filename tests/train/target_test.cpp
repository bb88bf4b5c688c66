#include "normlab/train/target.h"

#include <doctest/doctest.h>

#include "normlab/core/error.h"
#include "throws.h"

namespace normlab {

TEST_CASE("targets are read, and written in one form") {
  CHECK(parse_target("validation.error<=0.12", std::nullopt).text() == "validation.error<=0.12");
  CHECK(parse_target(" train.loss <= 1e-3 ", std::nullopt).text() == "train.loss<=0.001");
  CHECK(parse_target("train.loss<=-0.0", std::nullopt).text() == "train.loss<=0");
  CHECK(parse_target("validation.bits_per_character<=2.5", TextUnit::character).text() ==
        "validation.bits_per_character<=2.5");
}

TEST_CASE("a target is reached at its threshold") {
  const Target target = parse_target("validation.error<=0.12", std::nullopt);
  const Metrics good{.loss = 9, .error = 0.12}, bad{.loss = 0, .error = 0.1200001};
  CHECK(target.reached(bad, good));
  CHECK_FALSE(target.reached(good, bad));
  CHECK(parse_target("train.bits_per_character<=1", TextUnit::character)
            .reached({.loss = 0.6931, .error = 1}, bad));
}

TEST_CASE("bits are named for the unit of the text, and the other name is refused with the right one") {
  const Target target = parse_target("validation.bits_per_byte<=1", TextUnit::byte);
  CHECK(target.text() == "validation.bits_per_byte<=1");
  CHECK(target.reached({.loss = 9, .error = 1}, {.loss = 0.6931, .error = 1}));
  test::check_throws_saying<RequestError>(
      "it is bits_per_byte", [] { parse_target("validation.bits_per_character<=1", TextUnit::byte); });
  test::check_throws_saying<RequestError>(
      "it is bits_per_character", [] { parse_target("validation.bits_per_byte<=1", TextUnit::character); });
  test::check_throws_saying<RequestError>("images have the metrics",
                                          [] { parse_target("train.bits_per_byte<=1", std::nullopt); });
}

TEST_CASE("what has not the form of a target is refused with the metrics that there are") {
  test::check_throws_saying<RequestError>("METRIC one of loss, error.",
                                          [] { parse_target("accuracy>=0.9", std::nullopt); });
  test::check_throws_saying<RequestError>("loss, error, bits_per_byte.",
                                          [] { parse_target("validation.error<=x", TextUnit::byte); });
}

TEST_CASE("what is not a target is refused by name") {
  for (const char* text : {"", "error", "validation.error", "validation.error<0.1",
                           "validation.error<=", "<=0.1", "validation.error<=abc", "validation.error<=0.1x",
                           "validation.error<=nan", "valdation.error<=0.1", "validation.eror<=0.1",
                           "test.error<=0.1", "validation.bits_per_character<=2", "validationerror<=0.1"}) {
    CAPTURE(text);
    test::check_throws_saying<RequestError>("target", [&] { parse_target(text, std::nullopt); });
  }
}

}  // namespace normlab
