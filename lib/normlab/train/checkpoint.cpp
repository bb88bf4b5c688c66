#include "normlab/train/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>

#include "normlab/core/error.h"
#include "normlab/core/file.h"
#include "normlab/train/safetensors.h"

namespace normlab {
namespace {

constexpr const char* schema = "normlab.checkpoint/1";

// Calls use(name, tensor) for every tensor of a checkpoint, in a fixed order.
template <class Use>
void for_each_tensor(Parameters<float>& parameters, Optimizer<float>& optimizer, const Use& use) {
  for (auto& parameter : parameters.parameters()) use("parameter/" + parameter.name, parameter.data);
  for (auto& buffer : parameters.buffers()) use("buffer/" + buffer.name, buffer.data);
  for (auto& state : parameters.states()) use("state/" + state.name, state.data);
  std::size_t index = 0;
  for (auto& moment : optimizer.moments()) use(fmt::format("moment/{}", index++), moment);
}

}  // namespace

void write_checkpoint(const std::filesystem::path& path, const std::string& identity,
                      const nlohmann::json& position, Parameters<float>& parameters,
                      Optimizer<float>& optimizer) {
  std::vector<TensorView> tensors;
  for_each_tensor(parameters, optimizer, [&](const std::string& name, Tensor<float>& tensor) {
    tensors.push_back({name, tensor.shape(), tensor.span()});
  });
  write_whole(path, encode_safetensors(tensors, {{"schema", schema},
                                                 {"identity", identity},
                                                 {"optimizer_steps", std::to_string(optimizer.steps())},
                                                 {"position", position.dump()}}));
}

nlohmann::json read_checkpoint(const std::filesystem::path& path, const std::string& identity,
                               Parameters<float>& parameters, Optimizer<float>& optimizer) {
  try {
    const Safetensors file = Safetensors::read(path, "checkpoint");
    const auto& metadata = file.metadata();
    if (metadata.at("schema") != schema || metadata.at("identity") != identity) {
      throw RunError(
          fmt::format("{} is a checkpoint of another run ({})", path.string(), metadata.at("identity")));
    }
    for_each_tensor(parameters, optimizer, [&](const std::string& name, Tensor<float>& tensor) {
      const TensorView* found = file.find(name);
      if (found == nullptr || found->shape != tensor.shape()) {
        throw RunError(fmt::format("{} does not fit the model at \"{}\"", path.string(), name));
      }
      std::ranges::copy(found->values, tensor.data());
    });
    optimizer.set_steps(std::stoll(metadata.at("optimizer_steps")));
    return nlohmann::json::parse(metadata.at("position"));
  } catch (const RunError&) {
    throw;
  } catch (const std::exception& error) {
    throw RunError(fmt::format("{} cannot be continued from ({}); remove it to start again", path.string(),
                               error.what()));
  }
}

}  // namespace normlab
