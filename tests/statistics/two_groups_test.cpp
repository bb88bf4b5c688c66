#include "normlab/statistics/two_groups.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "normlab/core/random.h"
#include "statistics/fixture.h"

using namespace normlab;
using namespace normlab::test;

TEST_CASE("restricted means of samples are those of the samples' own curves") {
  Random random(1, 2);
  int compared = 0;
  for (const auto& item : statistics_fixture().at("groups").items()) {
    CAPTURE(item.key());
    const Json& group = item.value();
    const std::vector<Observation> all = observations(group);
    for (const double part : {1.0, 0.7}) {
      const double horizon = part * group.at("horizon").get<double>();
      const RestrictedMeans means(all, horizon);
      for (int repetition = 0; repetition < 20; ++repetition) {
        std::vector<int> counts(all.size(), 0);
        std::vector<Observation> sample;
        for (std::size_t i = 0; i < all.size(); ++i) {
          const std::size_t drawn = random.below(all.size());
          ++counts[drawn];
          sample.push_back(all[drawn]);
        }
        const SurvivalCurve curve = kaplan_meier(sample);
        if (known_until(curve) < horizon) continue;
        ++compared;
        CHECK(means.mean(counts) == doctest::Approx(restricted_mean(curve, horizon).mean).epsilon(1e-12));
      }
    }
  }
  CHECK(compared > 300);
}

TEST_CASE("the curve of a sample that is censored before the horizon stays level from there on") {
  const std::vector<Observation> all = {{1, true}, {2, false}, {4, true}, {8, false}};
  const RestrictedMeans means(all, 6);
  // Half of the two have their event at 1, and nothing is known of the other one from 2 on.
  CHECK(means.mean(std::vector<int>{1, 1, 0, 0}) == doctest::Approx(1 + 0.5 * 5));
  CHECK(means.mean(std::vector<int>{0, 3, 0, 0}) == doctest::Approx(6));
  // 1, then 3/4 until 4, then half of that
  CHECK(means.mean(std::vector<int>{1, 1, 1, 1}) == doctest::Approx(1 + 0.75 * 3 + 0.375 * 2));
}
