// What claims need beside runs: the time of a step in their experiments, and of kernels.
#pragma once

#include "normlab/claims/claims_plan.h"

// Whether the experiment's cells take more than one thread, so that this process has to limit its own.
bool takes_threads(const normlab::PlannedExperiment& experiment);

// Refuses a folder whose times.json cannot be written or would lose times. Nothing is changed.
void require_place_for_times(const normlab::ClaimsPlan& plan);

// Measures all cells of the experiment into its folder, unless they are there.
void measure_experiment(const normlab::PlannedExperiment& experiment);

// Measures the kernels of all files of claims that are not there yet. Times that are stay as they are.
void measure_claimed_kernels(const normlab::ClaimsPlan& plan);
