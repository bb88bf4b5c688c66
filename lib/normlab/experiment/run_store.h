// The folder of a sweep:
//
//   sweep.json                 the spec as resolved, with the ids of its runs
//   runs/ID.json               one record a run
//   checkpoints/ID.checkpoint  of a run that is not finished
//   summary.csv, summary.json  can always be rebuilt from the runs
//   lock                       held while a sweep works here
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "normlab/experiment/json.h"
#include "normlab/experiment/sweep_spec.h"

namespace normlab {

// Refuses `folder` for field `field` when nothing can be written into it, making it (and its parents) if need
// be. RunError when the disk is full.
void require_writable_folder(const std::filesystem::path& folder, std::string_view field);

class RunStore {
 public:
  // Takes the folder for this sweep, until the object and every process that inherited the lock are gone.
  // RequestError naming `out` when it cannot be written, when another sweep works there, or when it holds the
  // results of a different spec (nothing there is touched then).
  RunStore(std::filesystem::path folder, const SweepSpec& spec, const std::vector<SweepCell>& cells);
  ~RunStore();
  RunStore(const RunStore&) = delete;
  RunStore& operator=(const RunStore&) = delete;

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path record_path(std::string_view id) const;
  std::filesystem::path checkpoint_path(std::string_view id) const;

  // The status in the record of run `id`; "" when there is no readable record.
  std::string status(std::string_view id) const;
  void write_record(std::string_view id, const Json& record) const;

 private:
  void take_lock();
  void require_same_spec(const Json& sweep) const;
  void remove_partial_files() const;

  std::filesystem::path folder_;
  int lock_ = -1;
};

}  // namespace normlab
