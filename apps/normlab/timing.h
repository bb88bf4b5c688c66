// Step times that are measured apart from an experiment's runs, into its folder: `time`, and `sweep --timed`.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "normlab/bench/cell_times.h"

struct TimingOptions {
  std::string experiment;  // its name
  std::filesystem::path folder;
  normlab::bench::CellEffort effort;
};

// The value of --rounds; RequestError when it is none.
normlab::Index read_rounds(const std::string& text);

// Whether any cell has more than one thread.
bool takes_threads(const std::vector<normlab::bench::Cell>& cells);

// Refuses, naming `out`, a folder of another experiment, one whose times.json has times that would be lost,
// and one into which nothing can be written. Nothing is changed.
void require_usable_for_times(const std::filesystem::path& folder,
                              const std::vector<normlab::bench::Cell>& cells);

// The same for the sweep whose folder it is, to which it may add cells.
void require_room_for_times(const std::filesystem::path& folder,
                            const std::vector<normlab::bench::Cell>& cells);

// Whether the folder has times of all these cells, from this machine, versions and at least as many rounds.
bool has_times(const std::filesystem::path& folder, const std::vector<normlab::bench::Cell>& cells,
               const normlab::bench::CellEffort& effort);

// Whether all these cells are among those of the record.
bool has_all_of(const normlab::StepTimesRecord& times, const std::vector<normlab::bench::Cell>& cells);

// Measures, and writes times.json whole; what is no such file is set aside.
normlab::StepTimesRecord measure_into_folder(const std::vector<normlab::bench::Cell>& cells,
                                             const TimingOptions& options);
