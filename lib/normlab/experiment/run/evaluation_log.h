// The evaluations of a run under way, a line of JSON each, so that a run that is killed leaves what it found.
#pragma once

#include <filesystem>
#include <vector>

#include "normlab/experiment/config/json.h"
#include "normlab/train/run_result.h"

namespace normlab {

// Adds `evaluation` to the end of FILE. What cannot be written is left out: the record is what counts.
void append_evaluation(const std::filesystem::path& file, const Evaluation& evaluation,
                       const std::vector<Metric>& metrics);

// A list as records have it, ascending by step, each step once: a run that went back to a checkpoint came by
// a step again. Lines that are no evaluation, such as a half-written last one, are passed over.
Json read_evaluation_log(const std::filesystem::path& file, const std::vector<Metric>& metrics);

}  // namespace normlab
