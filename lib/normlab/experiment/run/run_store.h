// The folder of a sweep:
//
//   sweep.json                 the spec as resolved, with the ids of its runs
//   runs/ID.json               one record a run
//   checkpoints/ID.checkpoint, checkpoints/ID.evaluations   of a run that is not finished
//   parameters/ID.safetensors  of a run that ended, where the sweep was asked for them
//   summary.csv, summary.json  can always be rebuilt from the runs
//   lock                       held while a sweep works here
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "normlab/experiment/config/json.h"
#include "normlab/experiment/run/run_store_checks.h"
#include "normlab/experiment/spec/sweep_spec.h"
#include "normlab/records/record_files.h"

namespace normlab {

class RunStore {
 public:
  // Takes the folder for this sweep, until the object and every process that inherited the lock are gone.
  // RequestError naming `out` when it cannot be written, when another sweep works there, or when it holds the
  // results of a different spec, a summary that no sweep wrote, or something else in the place of a file that
  // the sweep writes (nothing there is touched then). RunError when it cannot be locked. A damaged
  // sweep.json, and what stands in the place of a run's record and is none, is renamed with a warning
  // (set_aside). sweep.json then is that of this sweep, also where what was there `may_differ`.
  RunStore(std::filesystem::path folder, const SweepSpec& spec, const std::vector<SweepRun>& runs,
           MayDiffer may_differ = MayDiffer::nothing);
  RunStore(const RunStore&) = delete;
  RunStore& operator=(const RunStore&) = delete;

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path record_path(std::string_view id) const;
  std::filesystem::path checkpoint_path(std::string_view id) const;
  std::filesystem::path evaluation_log_path(std::string_view id) const;
  std::filesystem::path parameters_path(std::string_view id) const;

  // The run's record, until it is asked for again; null when there is none, or one that is no whole record of
  // the run. The file is looked at each time, and read where it has changed.
  const RunRecord* record(const SweepRun& run) const;
  // The status in record(), or "".
  std::string status(const SweepRun& run) const;
  // What was read of the records, for who reads them next.
  RecordFiles& record_files() { return record_files_; }
  // Makes parameters/; RequestError naming `out` when the runs' parameters could not be written there.
  void prepare_parameters(const std::vector<SweepRun>& runs) const;
  void write_record(std::string_view id, const Json& record) const;
  // Removes what a run that has ended no longer needs: its checkpoint and its evaluations under way.
  void remove_leftovers(std::string_view id) const;

 private:
  void take_lock(const Json& sweep, MayDiffer may_differ);
  void write_sweep_file(const Json& sweep) const;
  void set_aside_damaged_record(const SweepRun& run) const;
  void remove_partial_files(const std::vector<SweepRun>& runs) const;

  // Held by the open file, and so by the processes that inherit it.
  struct Lock {
    ~Lock();
    int descriptor = -1;
  };

  std::filesystem::path folder_;
  mutable RecordFiles record_files_;  // only saves time
  Lock lock_;
};

}  // namespace normlab
