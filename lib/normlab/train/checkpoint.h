// A run that can be continued: everything its remaining numbers depend on, in one safetensors file.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "normlab/nn/parameters.h"
#include "normlab/optim/optimizer.h"

namespace normlab {

// `position` is the trainer's own state (step, running sums, evaluations so far, clocks). Throws RunError
// when the file cannot be written; a checkpoint that was there before stays.
void write_checkpoint(const std::filesystem::path& path, const std::string& identity,
                      const nlohmann::json& position, Parameters<float>& parameters,
                      Optimizer<float>& optimizer);

// Restores parameters, running statistics, carried states and moments, and returns the position. Throws
// RunError when the file is not a checkpoint of `identity`.
nlohmann::json read_checkpoint(const std::filesystem::path& path, const std::string& identity,
                               Parameters<float>& parameters, Optimizer<float>& optimizer);

}  // namespace normlab
