#include "normlab/train/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>

#include "normlab/core/checksum.h"
#include "normlab/core/error.h"
#include "normlab/core/file.h"
#include "normlab/core/json.h"
#include "normlab/core/text.h"

namespace normlab {
namespace {

constexpr std::string_view schema = "normlab.checkpoint/2";

// The checksum stands at one place, since metadata come first and are sorted by key, and counts as zeros in
// itself.
constexpr std::string_view before_checksum = R"({"__metadata__":{"checksum":")";
constexpr std::string_view first_version_start = R"({"__metadata__":{"identity":")";
constexpr std::string_view no_checksum = "0000000000000000";
constexpr std::size_t header_at = 8, checksum_at = header_at + before_checksum.size();

// Calls use(name, tensor) for every tensor of a checkpoint, in a fixed order.
template <class Use>
void for_each_tensor(Parameters<float>& parameters, Optimizer<float>& optimizer, const Use& use) {
  for (auto& parameter : parameters.parameters()) use("parameter/" + parameter.name, parameter.data);
  for (auto& buffer : parameters.buffers()) use("buffer/" + buffer.name, buffer.data);
  for (auto& state : parameters.states()) use("state/" + state.name, state.data);
  std::size_t index = 0;
  for (auto& moment : optimizer.moments()) use(fmt::format("moment/{}", index++), moment);
}

void require_checksum(std::string content) {
  const bool has_checksum = content.size() >= checksum_at + no_checksum.size() &&
                            std::string_view(content).substr(header_at).starts_with(before_checksum);
  if (!has_checksum) {
    const bool first_version = content.find("\"schema\":\"normlab.checkpoint/1\"") != std::string::npos;
    throw CheckpointError(first_version ? "an older version of normlab wrote it, without a checksum"
                                        : "it is not a whole checkpoint");
  }
  const std::string digits = content.substr(checksum_at, no_checksum.size());
  content.replace(checksum_at, no_checksum.size(), no_checksum);
  if (checksum_digits(content) != digits) throw CheckpointError("its checksum is wrong");
}

std::string metadata_of(const Safetensors& file, const char* key) {
  const auto found = file.metadata().find(key);
  if (found == file.metadata().end()) throw CheckpointError(fmt::format("it has no {}", key));
  return found->second;
}

}  // namespace

void write_checkpoint(const std::filesystem::path& path, const std::string& identity,
                      const nlohmann::json& position, Parameters<float>& parameters,
                      Optimizer<float>& optimizer) {
  std::vector<TensorView> tensors;
  for_each_tensor(parameters, optimizer, [&](const std::string& name, Tensor<float>& tensor) {
    tensors.push_back({name, tensor.shape(), tensor.span()});
  });
  std::string content = encode_safetensors(tensors, {{"checksum", std::string(no_checksum)},
                                                     {"schema", std::string(schema)},
                                                     {"identity", identity},
                                                     {"position", position.dump()}});
  content.replace(checksum_at, no_checksum.size(), checksum_digits(content));
  write_whole(path, content);
}

Checkpoint::Checkpoint(const std::filesystem::path& path, const std::string& identity) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) throw CheckpointError("it is not a file");
  const std::string content = read_text(path, "checkpoint");
  require_checksum(content);
  try {
    file_ = Safetensors::parse(content, path, "checkpoint");
    position_ = parse_sorted_json(metadata_of(file_, "position"), "the position");
  } catch (const RequestError& error) {  // what the checksum does not know of: written so, by whomever
    throw CheckpointError(error.what());
  }
  if (metadata_of(file_, "schema") != schema)
    throw CheckpointError(fmt::format("its schema is {}", quotation(metadata_of(file_, "schema"))));
  const std::string owner = metadata_of(file_, "identity");
  if (owner != identity) {
    refuse("checkpoint", quotation(path.string()),
           fmt::format("it is the checkpoint of another run ({}), and another name is", shortened(owner)));
  }
}

void Checkpoint::restore(Parameters<float>& parameters, Optimizer<float>& optimizer) const {
  std::size_t wanted = 0;
  for_each_tensor(parameters, optimizer, [&](const std::string& name, const Tensor<float>& tensor) {
    const TensorView* found = file_.find(name);
    if (found == nullptr || found->shape != tensor.shape())
      throw CheckpointError(fmt::format("it does not fit the model at {}", quotation(name)));
    ++wanted;
  });
  if (file_.tensors().size() != wanted) throw CheckpointError("it has tensors that the model has not");
  for_each_tensor(parameters, optimizer, [&](const std::string& name, Tensor<float>& tensor) {
    std::ranges::copy(file_.find(name)->values, tensor.data());
  });
}

bool resembles_checkpoint(const std::filesystem::path& path) {
  std::error_code error;
  if (path.extension() == ".checkpoint" && std::filesystem::is_empty(path, error) && !error) return true;
  const std::string start = header_start(path);
  return start.starts_with(before_checksum) || start.starts_with(first_version_start);
}

}  // namespace normlab
