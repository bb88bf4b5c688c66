// What the files of results are called by: their schemas, and the ways in which a run ends
// (docs/results-format.md).
#pragma once

#include <array>
#include <string_view>

namespace normlab {

inline constexpr std::string_view run_schema = "normlab.run/2", older_run_schema = "normlab.run/1",
                                  sweep_schema = "normlab.sweep/1", summary_schema = "normlab.summary/1",
                                  times_schema = "normlab.times/1", tuned_schema = "normlab.tuned/1",
                                  claims_schema = "normlab.claims/1",
                                  registration_schema = "normlab.registration/1",
                                  verdicts_schema = "normlab.verdicts/1",
                                  kernel_times_schema = "normlab.kernel_times/1";

// "normlab.run/" for "normlab.run/2": what every version's schema begins with.
constexpr std::string_view schema_family(std::string_view schema) {
  return schema.substr(0, schema.find('/') + 1);
}

// How a run ended, as its record says; reached_target to interrupted are a RunStatus (train/run_result.h).
namespace status {
inline constexpr std::string_view reached_target = "reached_target", missed_target = "missed_target",
                                  finished = "finished", diverged = "diverged", interrupted = "interrupted",
                                  undefined = "undefined", failed = "failed";
inline constexpr std::array all = {reached_target, missed_target, finished, diverged,
                                   interrupted,    undefined,     failed};
}  // namespace status

// Whether `name` is one of status::all.
bool is_status(std::string_view name);

// True for the statuses that running a sweep again skips: the run ended by itself, or can have no result.
bool is_final_status(std::string_view name);

}  // namespace normlab
