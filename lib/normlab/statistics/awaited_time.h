// Times to an event that is awaited up to some end, and that some never have.
#pragma once

#include <span>
#include <vector>

#include "normlab/statistics/censored.h"

namespace normlab {

struct AwaitedTime {
  Observation observation = {};  // says nothing where the event never comes
  bool never = false;            // it comes at no time, however long it were awaited
  double end = 0;                // up to where it was to be awaited; 0 where that is not known
};

// Whether it was awaited to its event.
bool has_come(const AwaitedTime& time);

// The same in another unit, `factor` of which make one of this.
AwaitedTime scaled(const AwaitedTime& time, double factor);

struct ComparedTimes {
  std::vector<std::vector<Observation>> groups;
  double horizon = 0;  // 0 where nothing is known of any time
};

// Groups up to where all of them are known: the earliest point at which one of their times is censored, or
// where none is the latest event. What ends an observation early may depend on how fast it is (a run that its
// own target stopped), so that nothing behind the first end is looked at.
//
// What never has its event is censored at the end up to which it was to be awaited, as if it had gone on to
// there in vain: were it taken out earlier, such as where the others have had their events, it would count as
// hardly slower than the last of them. Where that end is not known, it is the latest one of its group that
// is, or of any group, or the latest time of all.
ComparedTimes compare_times(std::span<const std::vector<AwaitedTime>> groups);

}  // namespace normlab
