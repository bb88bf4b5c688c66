#include "normlab/train/target_watch.h"

#include <doctest/doctest.h>

#include <vector>

using namespace normlab;

namespace {

// Evaluations at the epochs 1, 2, 3, …
TargetWatch watched(Index hold, const std::vector<bool>& holds) {
  TargetWatch watch(hold);
  double epoch = 0;
  for (const bool here : holds) {
    ++epoch;
    watch.see({.epochs = epoch, .steps = static_cast<Index>(10 * epoch), .train_seconds = epoch / 2}, here);
  }
  return watch;
}

}  // namespace

TEST_CASE("an event lies between the evaluation before and the first that holds") {
  const TargetWatch watch = watched(1, {false, true, false, true});
  REQUIRE(watch.reached());
  CHECK(watch.after().epochs == 1);
  CHECK(watch.at().epochs == 2);
  CHECK(watch.at().steps == 20);
  CHECK(watch.at().train_seconds == 1);
}

TEST_CASE("an event at the first evaluation is behind the start of the run") {
  const TargetWatch watch = watched(1, {true});
  REQUIRE(watch.reached());
  CHECK(watch.after().steps == 0);
  CHECK(watch.at().steps == 10);
}

TEST_CASE(
    "a target that is to be held counts from the first evaluation of the row, and forgets broken rows") {
  const TargetWatch watch = watched(2, {true, false, true, true, false});
  REQUIRE(watch.reached());
  CHECK(watch.after().epochs == 2);
  CHECK(watch.at().epochs == 3);
  CHECK_FALSE(watched(2, {true, false, true, false}).reached());
}

TEST_CASE(
    "a run is censored at its last evaluation, or where a row began that it ended too early to tell of") {
  CHECK(watched(1, {false, false, false}).after().epochs == 3);
  const TargetWatch begun = watched(3, {false, true, true});
  CHECK_FALSE(begun.reached());
  CHECK(begun.after().epochs == 1);
  CHECK(watched(1, {}).after().epochs == 0);
}
