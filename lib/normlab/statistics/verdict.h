// Whether ratios are what was claimed of them, several claims at once.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "normlab/statistics/bootstrap.h"
#include "normlab/statistics/two_groups.h"

namespace normlab {

// What is claimed of the ratio of restricted means, first / second.
enum class ClaimDirection {
  less,     // ratio < margin
  greater,  // ratio > margin
  within    // 1 / margin < ratio < margin
};

// Of times; of times that are numbers of steps times the duration of a step, which was measured apart, round
// after round; or of such durations by themselves.
struct Hypothesis {
  TwoGroups groups;  // both empty where durations are compared
  ClaimDirection direction = ClaimDirection::less;
  double margin = 1;  // above 0; above 1 for `within`
  // What a step of the first group takes over what one of the second takes, in each round; none where times
  // are not made of steps. The groups' times have the median of them as the ratio of their steps' durations.
  std::span<const double> step_ratios = {};
};

enum class Verdict {
  supported,     // the interval lies where the claim says, and the test rejects the margin there
  contradicted,  // the interval lies on the other side of the margin, and the test rejects it on that side
  undecided,
  underpowered  // no outcome of as many observations could have decided
};

struct Judgement {
  Verdict verdict;
  double level;         // Holm's, of the interval and of the test
  RatioInterval ratio;  // at that level
  double p;             // of the test that the ratio is the margin, two-sided
  double adjusted_p;    // by Holm over the family
  double superiority;   // probability that a draw of the first group comes earlier, ties as half
  // A group, or rounds where durations are compared, that would decide it, if the ratio is as it looks;
  // nothing where it is decided, or no number below a million would.
  std::optional<Index> seeds;
};

// Judges a family of claims such that some claim gets a wrong verdict (supported where it does not hold, or
// contradicted where it does) with a probability of at most `level`.
//
// The test of a margin is permutation_test() of the hypothesis that the first group's times are distributed
// as the second group's times the margin, which is exact; `within` has two margins, and is supported by the
// larger of their p, contradicted by the p of the nearer one. Holm's procedure over these p gives every claim
// its level, at which its interval is made. A verdict needs both: the test holds its level whatever the
// distribution, but knows only whole distributions; the interval is about the ratio, but is approximate. Both
// have to find the ratio on the same side: where times are censored, the test of a margin other than 1 looks
// at less of them (up to the horizon, and the horizon times the margin) than the interval does.
//
// Times made of steps are tested by permutation_test_with_scale(): the largest p over all factors between the
// steps' durations that lie in their interval, plus the probability that it misses the truth, which is the
// twentieth part of the level's share of one claim (or what so few rounds have). Their interval adds the two
// parts' distances in square (with_scale()). Durations by themselves are tested by the sign test over rounds,
// and have the interval of their median, which goes with it.
//
// A member of the family that is nothing (its runs are not there yet) counts as one with p = 1, so that what
// comes later makes verdicts surer, not other ones, and has no judgement. Throws std::invalid_argument as
// bootstrap_ratio() and median_interval(), for ratios of steps that are not above 0, for a margin that is not
// above 0, or 1 where it is `within`, and for a level that is not in (0, 1), or of which Holm's share is
// below 0.0001.
std::vector<std::optional<Judgement>> judge(std::span<const std::optional<Hypothesis>> family, double level);

// One claim by itself, at a level that is given: what the verdict would be for other data.
Judgement judge_at(const Hypothesis& hypothesis, double level);

}  // namespace normlab
