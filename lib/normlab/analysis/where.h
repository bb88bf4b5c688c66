// Which of the runs a report is about.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "normlab/analysis/sweep_records.h"

namespace normlab {

// A setting by its dotted path, or "seed"; a part such as "norm" stands for its name.
struct SettingFilter {
  std::string setting;
  std::vector<nlohmann::json> values;  // any of them
};

// The value of a setting or of the seed; null where the run has none.
nlohmann::json value_in_run(const RunRecord& run, const std::string& setting);

// The name under which records keep a setting: "norm.name" for "norm". RequestError naming `field` for one
// that no run has, with those that differ between the runs.
std::string recorded_setting(const std::vector<RunRecord>& runs, const std::string& setting,
                             std::string_view field);

// Keeps the runs that have one of the values of each filter. RequestError naming `where` for a setting that
// no run has, for a value that none has, with those that there are, and where no run is left.
void keep_where(SweepRecords& sweep, const std::vector<SettingFilter>& filters);

}  // namespace normlab
