// When a target came to hold, looked for at one evaluation after the other.
//
// The event is the first of Target::hold evaluations in a row at which the condition holds. It happened
// behind the evaluation before, at which it did not hold, so that both ends are known. Where it did not
// happen, the run is censored at the last evaluation at which the condition did not hold: whatever followed
// may have been the beginning of an event, which the run ended too early to tell.
#pragma once

#include <optional>

#include "normlab/core/tensor.h"

namespace normlab {

// How far a run was at an evaluation; all of it is 0 at its start.
struct RunPoint {
  double epochs = 0;
  Index steps = 0;
  double train_seconds = 0;  // on the training clock, as measured
};

class TargetWatch {
 public:
  explicit TargetWatch(Index hold = 1) : hold_(hold) {}

  void see(const RunPoint& here, bool holds);  // evaluations in the order of their steps

  bool reached() const { return streak_ >= hold_; }
  const RunPoint& after() const {
    return after_;
  }                                           // the last point before the event, or before its censoring
  const RunPoint& at() const { return at_; }  // of an event: the first evaluation that belongs to it

 private:
  Index hold_;
  Index streak_ = 0;  // evaluations in a row; once reached, it stays
  RunPoint after_, at_;
};

}  // namespace normlab
