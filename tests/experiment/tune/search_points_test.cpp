#include "normlab/experiment/tune/search_points.h"

#include <doctest/doctest.h>

#include <cmath>
#include <set>

using namespace normlab;

namespace {

std::vector<SearchSetting> four_settings() {
  return {{.path = "a", .kind = SearchKind::log, .low = 1e-4, .high = 1e-1, .choices = {}},
          {.path = "b", .kind = SearchKind::linear, .low = -1, .high = 3, .choices = {}},
          {.path = "c", .kind = SearchKind::integer, .low = 2, .high = 5, .choices = {}},
          {.path = "d", .kind = SearchKind::choices, .low = 0, .high = 0, .choices = {"x", "y", "z"}}};
}

const SearchSetting log_setting{
    .path = "a", .kind = SearchKind::log, .low = 0.001, .high = 0.1, .choices = {}};
const SearchSetting integer_setting{
    .path = "c", .kind = SearchKind::integer, .low = 2, .high = 5, .choices = {}};

}  // namespace

TEST_CASE("points fill every range evenly, and are a function of seed and place") {
  const std::vector<SearchSetting> space = four_settings();
  const SearchBox box = whole_box(space);
  const ScrambledHalton halton(7, 4);
  constexpr int count = 180;  // whole periods of the first bases
  std::vector<int> decades(3), integers(4);
  std::set<std::string> choices;
  double sum = 0;
  for (int i = 0; i < count; ++i) {
    const Json point = point_in(space, box, halton, static_cast<std::uint64_t>(i));
    const double a = point.at("a").get<double>();
    REQUIRE((a >= 1e-4 && a <= 0.1));
    ++decades[static_cast<std::size_t>(std::min(2.0, std::floor(std::log10(a) + 4)))];
    sum += point.at("b").get<double>();
    REQUIRE(point.at("c").is_number_integer());
    ++integers.at(point.at("c").get<std::size_t>() - 2);
    choices.insert(point.at("d").get<std::string>());
    CHECK(point == point_in(space, box, ScrambledHalton(7, 4), static_cast<std::uint64_t>(i)));
  }
  for (const int decade : decades) CHECK(std::abs(decade - count / 3) <= 4);
  for (const int integer : integers) CHECK(std::abs(integer - count / 4) <= 6);
  CHECK(std::abs(sum / count - 1) < 0.05);
  CHECK(choices.size() == 3);
  CHECK(point_in(space, box, halton, 0) != point_in(space, box, ScrambledHalton(8, 4), 0));
}

TEST_CASE("numbers of points have four significant digits, and stay in their range") {
  const std::vector<SearchSetting> space{
      {.path = "a", .kind = SearchKind::linear, .low = 0.123456, .high = 0.123459, .choices = {}}};
  const ScrambledHalton halton(1, 1);
  for (std::uint64_t i = 0; i < 8; ++i) {
    const double value = point_in(space, whole_box(space), halton, i).at("a").get<double>();
    CHECK((value >= 0.123456 && value <= 0.123459));  // 0.1235 lies beyond it
  }
  const std::vector<SearchSetting> wide{log_setting};
  const std::string text = point_in(wide, whole_box(wide), halton, 3).at("a").dump();
  CAPTURE(text);
  CHECK(text.substr(text.find_first_not_of("0.")).size() <= 4);
}

TEST_CASE("a value is at an end in the outer tenth of its range, measured as the range is searched") {
  const SearchRange range{0.001, 0.1};
  CHECK(outer_end(log_setting, range, 0.0015) == RangeEnd::lower);
  CHECK_FALSE(outer_end(log_setting, range, 0.0017));
  CHECK_FALSE(outer_end(log_setting, range, 0.05));
  CHECK(outer_end(log_setting, range, 0.064) == RangeEnd::upper);
  const SearchSetting linear{.path = "b", .kind = SearchKind::linear, .low = 0, .high = 1, .choices = {}};
  CHECK(outer_end(linear, {0, 1}, 0.09) == RangeEnd::lower);
  CHECK_FALSE(outer_end(linear, {0, 1}, 0.5));
  CHECK(outer_end(linear, {0, 1}, 0.91) == RangeEnd::upper);
  CHECK(outer_end(integer_setting, {2, 5}, 2) == RangeEnd::lower);
  CHECK_FALSE(outer_end(integer_setting, {2, 5}, 3));
  CHECK(outer_end(integer_setting, {2, 5}, 5) == RangeEnd::upper);
  CHECK_FALSE(outer_end(four_settings()[3], {0, 0}, "x"));
}

TEST_CASE("what lies beyond an end is as wide as the first range, by factor or difference") {
  const SearchRange first{0.001, 0.1};
  const SearchRange upper = range_beyond(log_setting, first, first, RangeEnd::upper);
  CHECK(upper.low == 0.1);
  CHECK(upper.high == doctest::Approx(10));
  const SearchRange lower = range_beyond(log_setting, {0.001, 10}, first, RangeEnd::lower);
  CHECK(lower.low == doctest::Approx(1e-5));
  CHECK(lower.high == 0.001);
  const SearchRange integers = range_beyond(integer_setting, {2, 5}, {2, 5}, RangeEnd::upper);
  CHECK(integers.low == 6);
  CHECK(integers.high == 9);
  const SearchSetting linear{.path = "b", .kind = SearchKind::linear, .low = 1, .high = 3, .choices = {}};
  CHECK(range_beyond(linear, {1, 3}, {1, 3}, RangeEnd::lower).low == -1);
}
