// Trains the runs of a sweep as child processes, side by side, each on cores of its own.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "normlab/experiment/run/run_store.h"
#include "normlab/experiment/spec/sweep_spec.h"

namespace normlab {

struct SweepOptions {
  int jobs = 0;                    // runs side by side; 0: as many as the cores hold
  double checkpoint_seconds = 30;  // between checkpoints, of elapsed time
  bool save_parameters = false;    // of every run that ends, to parameters/ID.safetensors
  // By id: runs that are wanted up to the first evaluation at this step or a later one. They leave a
  // checkpoint and a record that says "interrupted", and go on when they are wanted for longer.
  std::unordered_map<std::string, Index> pause_at = {};
  std::string phase = {};  // what the progress of this sweep is called, if it is one of several
};

// How many runs stand at what, in the end.
struct SweepOutcome {
  int finished = 0;  // reached_target, missed_target, finished or diverged; those of earlier sweeps included
  int undefined = 0;
  int failed = 0;
  bool interrupted = false;  // by a signal; what ran has written its checkpoint, and the same sweep continues
};

// RequestError when jobs * threads is more than the cores that the process may use.
int resolve_jobs(int jobs, const std::vector<SweepRun>& runs);

// Skips what is finished, continues what was interrupted, retries what failed. A child that crashes or is
// killed is recorded as failed with its cause, and the sweep goes on. Progress goes to standard error.
// RunError when a record cannot be written; the children are then asked to checkpoint and waited for.
SweepOutcome run_sweep(const RunStore& store, const std::vector<SweepRun>& runs, const SweepOptions& options);

}  // namespace normlab
