#include "normlab/statistics/verdict.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "normlab/core/random.h"
#include "sanitized.h"
#include "statistics/fixture.h"
#include "statistics/simulation/simulation.h"

using namespace normlab;
using namespace normlab::test;

namespace {

const std::vector<double> base{10, 12, 9, 11, 13, 10, 12, 8, 11, 14};

// The base times, each by a factor and moved by up to 2 %, so that not all pairs of two groups differ alike.
std::vector<Observation> times(double factor, std::size_t count = 10) {
  const std::size_t cycle = factor < 1 ? 3 : 4;
  std::vector<Observation> observations;
  for (std::size_t i = 0; i < count; ++i)
    observations.push_back({factor * base[i] * (0.99 + 0.01 * static_cast<double>(i % cycle)), true});
  return observations;
}

struct Sides {
  std::vector<Observation> first, second;

  Hypothesis hypothesis(ClaimDirection direction, double margin = 1,
                        Pairing pairing = Pairing::paired) const {
    return {{first, second, 1000, pairing}, direction, margin};
  }
};

Verdict verdict_of(const Hypothesis& hypothesis) {
  return judge_at(hypothesis, 0.05).verdict;
}

}  // namespace

TEST_CASE("a clear ratio supports the claim of its side and contradicts the other one") {
  const Sides faster{times(0.5), times(1)};
  CHECK(verdict_of(faster.hypothesis(ClaimDirection::less)) == Verdict::supported);
  CHECK(verdict_of(faster.hypothesis(ClaimDirection::greater)) == Verdict::contradicted);
  const Sides slower{times(1), times(0.5)};
  CHECK(verdict_of(slower.hypothesis(ClaimDirection::less)) == Verdict::contradicted);
  CHECK(verdict_of(slower.hypothesis(ClaimDirection::greater)) == Verdict::supported);
  const Judgement judgement = judge_at(faster.hypothesis(ClaimDirection::less), 0.05);
  CHECK(judgement.ratio.ratio == doctest::Approx(0.5).epsilon(0.01));
  CHECK(judgement.p == doctest::Approx(2. / 1024));
  CHECK(judgement.adjusted_p == judgement.p);
  CHECK(judgement.level == 0.05);
  CHECK_FALSE(judgement.seeds);
}

TEST_CASE("a ratio that is not told from the margin is undecided, with the seeds that would tell") {
  const Sides sides{{{10, true}, {30, true}, {12, true}, {25, true}, {11, true}, {28, true}},
                    {{14, true}, {20, true}, {18, true}, {26, true}, {30, true}, {12, true}}};
  const Judgement judgement = judge_at(sides.hypothesis(ClaimDirection::less), 0.05);
  CHECK(judgement.verdict == Verdict::undecided);
  CHECK(judgement.ratio.lower < 1);
  CHECK(judgement.ratio.upper > 1);
  REQUIRE(judgement.seeds);
  CHECK(*judgement.seeds > 6);
  CHECK(judgement.p > 0.05);
}

TEST_CASE("a margin is what has to be beaten: by how much, or up to how much less") {
  const Sides faster{times(0.8), times(1)};  // a ratio of 0.8, with an interval of nearly no width
  CHECK(verdict_of(faster.hypothesis(ClaimDirection::less, 0.9)) == Verdict::supported);
  CHECK(verdict_of(faster.hypothesis(ClaimDirection::less, 0.7)) == Verdict::contradicted);
  CHECK(verdict_of(faster.hypothesis(ClaimDirection::greater, 0.7)) == Verdict::supported);
  CHECK(verdict_of(faster.hypothesis(ClaimDirection::greater, 0.9)) == Verdict::contradicted);
  // At the margin itself nothing is told, whatever the horizon does to what is scaled.
  const Judgement at = judge_at(faster.hypothesis(ClaimDirection::less, 0.8), 0.05);
  CHECK(at.p > 0.05);
  CHECK(at.verdict == Verdict::undecided);
}

TEST_CASE("what is claimed to be alike is supported within both margins, and contradicted beyond either") {
  const Sides alike{{{10, true}, {12.1, true}, {9, true}, {11.2, true}, {13, true}, {9.9, true}},
                    {{10.1, true}, {12, true}, {9.2, true}, {11, true}, {12.8, true}, {10, true}}};
  CHECK(verdict_of(alike.hypothesis(ClaimDirection::within, 1.2)) == Verdict::supported);
  CHECK(verdict_of(alike.hypothesis(ClaimDirection::within, 1.001)) == Verdict::undecided);
  CHECK(verdict_of(Sides{times(0.5), times(1)}.hypothesis(ClaimDirection::within, 1.2)) ==
        Verdict::contradicted);
  CHECK(verdict_of(Sides{times(1), times(0.5)}.hypothesis(ClaimDirection::within, 1.2)) ==
        Verdict::contradicted);
}

TEST_CASE("a verdict needs the test as well as the interval") {
  // Five pairs that differ nearly alike: an interval of nearly no width, and p = 2 / 2^5.
  const Sides few{times(0.5, 5), times(1, 5)};
  const Judgement judgement = judge_at(few.hypothesis(ClaimDirection::less), 0.1);
  CHECK(judgement.p == doctest::Approx(0.0625));
  CHECK(judgement.verdict == Verdict::supported);
  const Judgement stricter = judge_at(few.hypothesis(ClaimDirection::less), 0.06);
  CHECK(stricter.ratio.upper < 1);
  CHECK(stricter.verdict == Verdict::underpowered);
}

TEST_CASE("too few seeds for any outcome to be significant are told from an outcome that is not") {
  const Sides few{times(0.5, 5), times(1, 5)};
  const Judgement paired = judge_at(few.hypothesis(ClaimDirection::less), 0.05);
  CHECK(paired.verdict == Verdict::underpowered);
  CHECK(paired.seeds == 6);  // 2 / 2^6 is below 0.05
  CHECK(verdict_of(few.hypothesis(ClaimDirection::less, 1, Pairing::independent)) == Verdict::supported);
  // Six pairs could have decided one claim, and neither of two.
  const Sides clear{times(0.5, 6), times(1, 6)};
  const std::vector<std::optional<Hypothesis>> family(2, clear.hypothesis(ClaimDirection::less));
  for (const auto& judgement : judge(family, 0.05)) CHECK(judgement->verdict == Verdict::underpowered);
}

TEST_CASE("Holm's procedure gives each claim of a family its level") {
  const Sides clear{times(0.5), times(1)};
  const Sides vague{{{10, true}, {30, true}, {12, true}, {25, true}, {11, true}, {28, true}},
                    {{14, true}, {20, true}, {18, true}, {26, true}, {30, true}, {12, true}}};
  const std::vector<std::optional<Hypothesis>> family{vague.hypothesis(ClaimDirection::less),
                                                      clear.hypothesis(ClaimDirection::less),
                                                      clear.hypothesis(ClaimDirection::greater)};
  const auto judgements = judge(family, 0.05);
  CHECK(judgements[0]->verdict == Verdict::undecided);
  CHECK(judgements[0]->level == doctest::Approx(0.05));
  CHECK(judgements[1]->verdict == Verdict::supported);
  CHECK(judgements[1]->level == doctest::Approx(0.05 / 3));
  CHECK(judgements[1]->adjusted_p == doctest::Approx(3 * 2. / 1024));
  CHECK(judgements[2]->verdict == Verdict::contradicted);
  CHECK(judgements[2]->level == doctest::Approx(0.05 / 2));
  const Judgement alone = judge_at(*family[1], 0.05);
  CHECK(judgements[1]->ratio.lower < alone.ratio.lower);  // a stricter level, a wider interval
}

TEST_CASE("claims whose runs are not there count in the family, and have no judgement") {
  const Sides clear{times(0.5), times(1)};
  std::vector<std::optional<Hypothesis>> family(20);
  family[3] = clear.hypothesis(ClaimDirection::less);
  const auto judgements = judge(family, 0.05);
  CHECK_FALSE(judgements[0]);
  REQUIRE(judgements[3]);
  CHECK(judgements[3]->level == doctest::Approx(0.05 / 20));
  CHECK(judgements[3]->verdict == Verdict::supported);
  family.resize(40);
  CHECK(judge(family, 0.05)[3]->verdict == Verdict::undecided);  // 2 / 2^10 is above 0.05 / 40
}

TEST_CASE("runs that miss the target count up to where all are known") {
  const std::vector<Observation> none = censored(10, 40);
  const Sides sides{times(0.5), none};
  const Hypothesis hypothesis{{sides.first, sides.second, 40, Pairing::paired}, ClaimDirection::less, 1};
  CHECK(verdict_of(hypothesis) == Verdict::supported);
  const Hypothesis margin{{sides.first, sides.second, 40, Pairing::paired}, ClaimDirection::less, 0.5};
  CHECK(verdict_of(margin) == Verdict::supported);
  const Hypothesis both{{none, none, 40, Pairing::paired}, ClaimDirection::less, 1};
  CHECK(verdict_of(both) == Verdict::undecided);
}

TEST_CASE("a test that rejects the margin the other way than the interval decides nothing") {
  // Nothing of the second group has come by 100. Half of the first group comes just before 70 and half at 90:
  // its mean is far above 0.7 of the second one's, while up to 70, where the test of that margin looks, no
  // run is later than 70 and half of them are earlier.
  Sides sides{{}, censored(18, 100)};
  for (int i = 0; i < 18; ++i) sides.first.push_back({i < 9 ? 69.5 : 90, true});
  const TwoGroups groups{sides.first, sides.second, 100, Pairing::paired};
  for (const ClaimDirection direction : {ClaimDirection::less, ClaimDirection::greater}) {
    const Judgement judgement = judge_at({groups, direction, 0.7}, 0.05);
    CHECK(judgement.p == doctest::Approx(2. / 512));
    CHECK(judgement.ratio.lower > 0.7);
    CHECK(judgement.verdict == Verdict::undecided);
  }
}

TEST_CASE("margins and groups that have no meaning are refused") {
  const Sides sides{times(0.5), times(1)};
  CHECK_THROWS_AS(judge_at(sides.hypothesis(ClaimDirection::less, 0), 0.05), std::invalid_argument);
  CHECK_THROWS_AS(judge_at(sides.hypothesis(ClaimDirection::within, 1), 0.05), std::invalid_argument);
  CHECK_THROWS_AS(judge_at(sides.hypothesis(ClaimDirection::less, NAN), 0.05), std::invalid_argument);
  const Sides one{times(0.5, 1), times(1, 1)};
  CHECK_THROWS_AS(judge_at(one.hypothesis(ClaimDirection::less), 0.05), std::invalid_argument);
  CHECK(judge({}, 0.05).empty());
}

// A short form of scripts/check_statistics.sh.
TEST_CASE("wrong verdicts are no more frequent than the level in simulated families") {
  const auto within = ClaimDirection::within;
  const simulation::Case cases[] = {
      {.deviation = 0.5, .censored = 0, .ratio = 1, .pairing = Pairing::paired},
      {.deviation = 0.5, .censored = 0.2, .ratio = 1.5, .pairing = Pairing::paired},
      {.deviation = 0.5, .censored = 0.2, .ratio = 1 / 1.5, .pairing = Pairing::paired},
      {.deviation = 0.5, .censored = 0, .ratio = 1.5, .pairing = Pairing::paired, .direction = within},
      {.deviation = 0.5, .censored = 0.01, .ratio = 1, .pairing = Pairing::paired, .diverged = 0.3},
  };
  constexpr int families = testing::sanitized ? 60 : 200;
  for (const simulation::Case& simulated : cases) {
    CAPTURE(simulation::name(simulated));
    const double wrong = simulation::wrong_verdicts(simulated, families, 0.1);
    CHECK(wrong <= 0.1 + 3 * std::sqrt(0.1 * 0.9 / families));  // three standard deviations
    CHECK(wrong > 0);
  }
}

namespace {

// 31 ratios whose median is `middle`, each apart from the next by a factor.
std::vector<double> rounds_around(double middle, double factor) {
  std::vector<double> ratios;
  for (int i = -15; i <= 15; ++i) ratios.push_back(middle * std::pow(factor, i));
  return ratios;
}

Hypothesis of_rounds(const std::vector<double>& ratios, ClaimDirection direction, double margin) {
  return {{{}, {}, 0}, direction, margin, ratios};
}

}  // namespace

TEST_CASE(
    "durations by themselves are judged by the sign test over rounds and the interval of their median") {
  const std::vector<double> ratios = rounds_around(1.2, 1.002);
  const Judgement judgement = judge_at(of_rounds(ratios, ClaimDirection::greater, 1), 0.05);
  CHECK(judgement.verdict == Verdict::supported);
  CHECK(judgement.p == doctest::Approx(std::exp2(-30)));
  CHECK(judgement.ratio.ratio == doctest::Approx(1.2));
  CHECK(judgement.ratio.lower == doctest::Approx(ratios[9]));  // 2 P(B <= 9) of 31 is 0.029
  CHECK(judgement.ratio.upper == doctest::Approx(ratios[21]));
  CHECK(judgement.superiority == 0);
  CHECK(verdict_of(of_rounds(ratios, ClaimDirection::less, 1)) == Verdict::contradicted);
  CHECK(verdict_of(of_rounds(ratios, ClaimDirection::less, 1.25)) == Verdict::supported);
  CHECK(verdict_of(of_rounds(ratios, ClaimDirection::within, 1.25)) == Verdict::supported);
  CHECK(verdict_of(of_rounds(ratios, ClaimDirection::within, 1.1)) == Verdict::contradicted);
  const Judgement at_margin = judge_at(of_rounds(ratios, ClaimDirection::less, 1.205), 0.05);
  CHECK(at_margin.verdict == Verdict::undecided);
  REQUIRE(at_margin.seeds);
  CHECK(*at_margin.seeds > 31);
  const std::vector<double> few{1.2, 1.21, 1.22, 1.23};
  CHECK(verdict_of(of_rounds(few, ClaimDirection::greater, 1)) == Verdict::underpowered);
  const std::vector<double> broken{1.2, 0};
  CHECK_THROWS_AS(judge_at(of_rounds(broken, ClaimDirection::greater, 1), 0.05), std::invalid_argument);
}

TEST_CASE("times made of steps carry what is not known of a step's duration") {
  const Sides faster{times(0.8), times(1)};
  const Hypothesis of_steps = faster.hypothesis(ClaimDirection::less);
  const Judgement plain = judge_at(of_steps, 0.05);
  const auto with = [&](const std::vector<double>& ratios) {
    Hypothesis timed = of_steps;
    timed.step_ratios = ratios;
    return judge_at(timed, 0.05);
  };
  const std::vector<double> exact = rounds_around(1.1, 1);
  const Judgement sure = with(exact);
  CHECK(sure.verdict == Verdict::supported);
  CHECK(sure.p == doctest::Approx(2. / 1024 + 0.05 / 20));
  CHECK(sure.ratio.lower == doctest::Approx(plain.ratio.lower));
  const std::vector<double> spread = rounds_around(1.1, 1.01);
  const Judgement wider = with(spread);
  CHECK(wider.verdict == Verdict::supported);
  const double below = std::hypot(std::log(plain.ratio.ratio / plain.ratio.lower), 6 * std::log(1.01));
  CHECK(wider.ratio.lower == doctest::Approx(plain.ratio.ratio * std::exp(-below)));
  const std::vector<double> vague = rounds_around(1.1, 1.06);
  const Judgement unsure = with(vague);
  CHECK(unsure.verdict == Verdict::undecided);
  CHECK(unsure.p == 1);
  CHECK_FALSE(unsure.seeds);  // more seeds say nothing of the steps
}

TEST_CASE("equal seconds are called different no more often than the level, however vague the durations") {
  constexpr int experiments = 400;
  constexpr double level = 0.1, factor = 1.3;  // between the steps' durations; as many fewer steps
  int wrong = 0;
  for (int experiment = 0; experiment < experiments; ++experiment) {
    Random random(static_cast<std::uint64_t>(experiment), hash_name("timed verdicts"));
    std::vector<double> ratios;
    for (int round = 0; round < 31; ++round) ratios.push_back(factor * std::exp(0.2 * random.normal()));
    std::vector<double> sorted = ratios;
    std::ranges::sort(sorted);
    Sides sides;
    for (int seed = 0; seed < 10; ++seed) {
      sides.first.push_back({sorted[15] / factor * std::exp(0.05 * random.normal()), true});
      sides.second.push_back({std::exp(0.05 * random.normal()), true});
    }
    Hypothesis hypothesis = sides.hypothesis(ClaimDirection::less);
    hypothesis.step_ratios = ratios;
    const Verdict verdict = judge_at(hypothesis, level).verdict;
    wrong += verdict == Verdict::supported || verdict == Verdict::contradicted ? 1 : 0;
  }
  CHECK(wrong <= level * experiments);
}
