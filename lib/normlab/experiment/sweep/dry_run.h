// What a sweep would do, told without doing it.
#pragma once

#include <string>
#include <vector>

#include "normlab/experiment/sweep/sweep_needs.h"
#include "normlab/experiment/sweep/time_estimate.h"

namespace normlab {

// A line for each run below a header: id, model, norm, batch size, seed, learning rate and the other
// settings that vary, in columns; for an undefined run its reason as well. Settings whose dotted paths are in
// `tuned` are still to be chosen, and so the ids are not known yet.
std::string run_table(const std::vector<SweepRun>& runs, const std::vector<std::string>& tuned = {});

// Trains a few steps of some runs, first one of each model and batch size, then one of each kind of run,
// until `seconds` have passed, and tells `estimate`. Returns how many runs were tried. At least one is,
// where one is defined. Throws what train() throws.
int calibrate(const std::vector<SweepRun>& runs, double seconds, TimeEstimate& estimate);

// Wall time of all runs when `jobs` are at work at a time and each uses up its budget, evaluations as `needs`
// has them for each run included; 0 when nothing is to run.
double estimated_seconds(const std::vector<SweepRun>& runs, const std::vector<RunNeeds>& needs,
                         const TimeEstimate& estimate, int jobs);

}  // namespace normlab
