// From records to a report.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "normlab/analysis/contrast.h"
#include "normlab/analysis/report.h"
#include "normlab/analysis/sweep_records.h"
#include "normlab/analysis/where.h"

namespace normlab {

// What is wanted beside the rows.
struct ReportRequest {
  std::vector<SettingFilter> where = {};  // the runs that it is about
  std::vector<std::string> by = {};       // columns in place of the settings that vary
  std::vector<std::string> best = {};     // settings of which each row has its best value (best.h)
  std::optional<ContrastRequest> contrasts = {};
  // The folders whose records are read once more for Report::drawn; none without.
  std::vector<std::filesystem::path> drawn_from = {};
};

// Works without records, too (no rows and a warning), unless more is asked for. `where` is of the folders
// below: here all runs take part. Throws what choose_columns(), keep_best() and make_contrasts() throw.
Report build_report(const SweepRecords& sweep, const ReportRequest& request = {});

// The records of the folders (load_pool()), without those that are not wanted (keep_where()). Throws what
// these throw.
SweepRecords load_reported_sweep(const std::vector<std::filesystem::path>& folders, RecordFiles& files,
                                 const std::vector<SettingFilter>& where = {});

// The report of a folder. Throws what load_reported_sweep() throws.
Report build_report(const std::filesystem::path& folder);
// The same, by who has read some of the records before: see load_sweep().
Report build_report(const std::filesystem::path& folder, RecordFiles& files,
                    const ReportRequest& request = {});
// Of several folders together.
Report build_report(const std::vector<std::filesystem::path>& folders, RecordFiles& files,
                    const ReportRequest& request = {});

}  // namespace normlab
