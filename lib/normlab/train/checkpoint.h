// A run that can be continued: everything its remaining numbers depend on, in one safetensors file.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "normlab/nn/graph/parameters.h"
#include "normlab/optim/optimizer.h"
#include "normlab/train/safetensors.h"

namespace normlab {

// Why a run cannot be continued from a file: "its checksum is wrong". Names no file.
class CheckpointError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// `position` is the trainer's own state (step, running sums, evaluations so far, clocks). A checksum covers
// every byte. Throws RunError when the file cannot be written; a checkpoint that was there before stays.
void write_checkpoint(const std::filesystem::path& path, const std::string& identity,
                      const nlohmann::json& position, Parameters<float>& parameters,
                      Optimizer<float>& optimizer);

// A checkpoint that was read and is whole.
class Checkpoint {
 public:
  // Throws CheckpointError when the file is damaged or of another version; RequestError naming `checkpoint`
  // when it cannot be read at all, or is the whole checkpoint of another run than `identity`.
  Checkpoint(const std::filesystem::path& path, const std::string& identity);

  const nlohmann::json& position() const { return position_; }

  // Sets parameters, running statistics, carried states and moments. Throws CheckpointError when they do not
  // fit; then nothing was set. The optimizer's step count is the position's.
  void restore(Parameters<float>& parameters, Optimizer<float>& optimizer) const;

 private:
  Safetensors file_;
  nlohmann::json position_;
};

// Whether the file was written as a checkpoint, whatever became of it behind its first bytes, which are those
// of no other file. One that a crash left empty is known by the ending that checkpoints have by default
// (*.checkpoint).
bool resembles_checkpoint(const std::filesystem::path& path);

}  // namespace normlab
