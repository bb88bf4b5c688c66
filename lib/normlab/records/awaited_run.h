// When runs reached their targets, as the statistics of awaited times see it.
#pragma once

#include <optional>

#include "normlab/records/run_record.h"
#include "normlab/statistics/awaited_time.h"

namespace normlab {

// How runs are counted: &RunCosts::steps or &RunCosts::epochs.
using RunCount = std::optional<double> RunCosts::*;

// Where the run's budget ends, as far as its record tells: steps and epochs alone. An epoch has as many steps
// as the evaluations say, and a budget in seconds as many as their median lasts.
RunCosts budget_end(const RunRecord& run);

// Of a run that ended, with one of its events. It is that of the first evaluation that belongs to the event;
// a run that did not reach the target is censored where its record says, and one that diverged before reaches
// it never. Nothing where the record does not tell.
std::optional<AwaitedTime> awaited_time(const RunRecord& run, const std::optional<RunEvent>& event,
                                        RunCount count);

}  // namespace normlab
