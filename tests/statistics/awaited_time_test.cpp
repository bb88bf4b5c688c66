#include "normlab/statistics/awaited_time.h"

#include <doctest/doctest.h>

#include <array>

#include "statistics/fixture.h"

using namespace normlab;

namespace {

AwaitedTime came(double time, double end = 0) {
  return {.observation = {time, true}, .never = false, .end = end};
}

AwaitedTime missed(double time) {
  return {.observation = {time, false}, .never = false, .end = time};
}

AwaitedTime never(double end = 0) {
  return {.observation = {}, .never = true, .end = end};
}

double mean_of(const ComparedTimes& compared, std::size_t group) {
  return restricted_mean(kaplan_meier(compared.groups.at(group)), compared.horizon).mean;
}

}  // namespace

TEST_CASE("groups are compared up to the first point at which one is censored, or their latest event") {
  const auto compared = [](const std::vector<AwaitedTime>& first, const std::vector<AwaitedTime>& second) {
    return compare_times(std::array{first, second});
  };
  const ComparedTimes events = compared({came(3), came(8)}, {came(12)});
  CHECK(events.horizon == 12);
  const ComparedTimes cut = compared({came(3), missed(10)}, {came(12), missed(15)});
  CHECK(cut.horizon == 10);
  CHECK_FALSE(cut.groups[0][1].event);
  CHECK(compare_times(std::array{std::vector<AwaitedTime>()}).horizon == 0);
}

TEST_CASE("what never comes is as slow as what was awaited to the end of the budget in vain") {
  const std::vector<AwaitedTime> reference{came(2400, 9375), came(2500, 9375), came(2600, 9375)};
  const std::vector<AwaitedTime> diverged{came(2400, 9375), came(2500, 9375), never(9375)};
  const std::vector<AwaitedTime> too_slow{came(2400, 9375), came(2500, 9375), missed(9375)};
  const ComparedTimes a = compare_times(std::array{diverged, reference});
  const ComparedTimes b = compare_times(std::array{too_slow, reference});
  CHECK(a.horizon == 9375);
  CHECK(mean_of(a, 0) == doctest::Approx((2400 + 2500 + 9375) / 3.));
  CHECK(mean_of(a, 0) == mean_of(b, 0));
  CHECK(mean_of(a, 1) == doctest::Approx(2500));
}

TEST_CASE(
    "where the end of what never comes is not known, that of its group counts, or of others, or the latest") {
  const auto end_of = [](const std::vector<AwaitedTime>& group, const std::vector<AwaitedTime>& other) {
    return compare_times(std::array{group, other}).groups[0][0].time;
  };
  CHECK(end_of({never(), came(5, 50)}, {came(7, 80)}) == 50);
  CHECK(end_of({never(), never(40)}, {came(7, 80)}) == 40);
  CHECK(end_of({never()}, {came(7, 80), came(90)}) == 80);
  CHECK(end_of({never(), came(5)}, {came(7)}) == 7);
}

TEST_CASE("times in another unit keep what they are") {
  const AwaitedTime seconds = scaled(came(200, 1000), 0.01);
  CHECK(seconds.observation.time == doctest::Approx(2));
  CHECK(seconds.end == doctest::Approx(10));
  CHECK(has_come(seconds));
  CHECK_FALSE(has_come(scaled(never(1000), 0.01)));
  CHECK(scaled(never(1000), 0.01).end == doctest::Approx(10));
}
