#include "normlab/train/checkpoint.h"
#include "normlab/tasks/classification.h"

#include <fmt/format.h>

#include "files.h"
#include "fuzz/fuzz_checks.h"
#include "normlab/core/checksum.h"
#include "normlab/core/file.h"
#include "normlab/train/position.h"

namespace normlab::fuzz {
namespace {

constexpr const char* identity = "mlp-batch-b4-s1-00000000";
constexpr Index last_step = 1000;

// A model with one tensor of each kind that checkpoints hold.
struct Model {
  Parameters<float> parameters{InitSpec{}, 1};
  Optimizer<float> optimizer = declare();

  Optimizer<float> declare() {
    parameters.weight("weight", {2, 3}, Activation::identity);
    parameters.buffer("mean", {2}, 0);
    parameters.state("hidden", {1, 2});
    return {OptimizerSpec{}, parameters};
  }
};

// Puts right what almost every change of a byte puts wrong, so that what comes behind is reached.
std::string with_right_checksum(std::string content) {
  constexpr std::string_view before = "\"checksum\":\"";
  constexpr std::size_t digits = 16;
  const std::size_t found = content.find(before);
  if (found == std::string::npos || found + before.size() + digits > content.size()) return content;
  content.replace(found + before.size(), digits, digits, '0');
  content.replace(found + before.size(), digits, fmt::format("{:016x}", checksum(content)));
  return content;
}

std::string written_from(const nlohmann::json& position, Model& model) {
  static const test::TemporaryFolder folder;
  const std::filesystem::path file = folder / "a.checkpoint";
  write_checkpoint(file, identity, position, model.parameters, model.optimizer);
  return read_text(file, "checkpoint");
}

void require_same_again(const Position& position, Model& model) {
  const std::string written = written_from(to_json(position, classification()), model);
  try {
    const MemoryFile file(bytes_of(written));
    const Checkpoint checkpoint(file.path(), identity);
    Model again;
    checkpoint.restore(again.parameters, again.optimizer);
    const Position position_again = position_from_json(checkpoint.position(), last_step, classification());
    require(written_from(to_json(position_again, classification()), again) == written,
            "a checkpoint that is written and read again is the same");
  } catch (const CheckpointError& error) {
    require(false, std::string("what normlab wrote is refused: ") + error.what());
  }
}

void check(const std::string& content) {
  const MemoryFile file(bytes_of(content));
  const Checkpoint checkpoint(file.path(), identity);
  const Position position = position_from_json(checkpoint.position(), last_step, classification());
  Model model;
  checkpoint.restore(model.parameters, model.optimizer);
  require_same_again(position, model);
}

}  // namespace

// First byte: whether the checksum is put right; then a checkpoint of the run `identity`.
bool fuzz_checkpoint(ByteSpan input) {
  InputReader reader(input);
  const bool repaired = (reader.byte() & 1) != 0;
  std::string content(reader.text());
  if (repaired) content = with_right_checksum(std::move(content));
  try {
    return accepted([&] { check(content); });
  } catch (const CheckpointError& error) {
    require_showable(error.what());
    return false;
  }
}

}  // namespace normlab::fuzz
