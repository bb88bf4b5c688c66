#include "normlab/train/safetensors.h"

#include <fmt/format.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "normlab/core/error.h"
#include "normlab/core/file.h"

namespace normlab {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::size_t prefix_bytes = 8;

[[noreturn]] void bad_file(std::string_view field, const std::filesystem::path& path, std::string_view why) {
  refuse(field, fmt::format("\"{}\"", path.string()),
         fmt::format("it is not a whole safetensors file: {}", why));
}

json parse_header(const std::string& content, std::string_view field, const std::filesystem::path& path) {
  if (content.size() < prefix_bytes) bad_file(field, path, "it is shorter than 8 bytes");
  std::uint64_t length = 0;
  std::memcpy(&length, content.data(), prefix_bytes);
  if (length > content.size() - prefix_bytes) bad_file(field, path, "the header is longer than the file");
  json header =
      json::parse(content.begin() + prefix_bytes,
                  content.begin() + static_cast<std::ptrdiff_t>(prefix_bytes + length), nullptr, false);
  if (!header.is_object()) bad_file(field, path, "the header is not a JSON object");
  return header;
}

struct Extent {
  Shape shape;
  std::size_t begin = 0, end = 0;  // bytes within the data
};

Extent parse_extent(const json& entry) {
  Extent extent{entry.at("shape").get<Shape>(), entry.at("data_offsets").at(0).get<std::size_t>(),
                entry.at("data_offsets").at(1).get<std::size_t>()};
  std::size_t bytes = sizeof(float);
  for (const Index dimension : extent.shape) {
    if (dimension < 0 ||
        (dimension > 0 && bytes > (std::size_t{1} << 40) / static_cast<std::size_t>(dimension))) {
      throw std::out_of_range("shape");
    }
    bytes *= static_cast<std::size_t>(dimension);
  }
  if (extent.end < extent.begin || extent.end - extent.begin != bytes || extent.begin % sizeof(float) != 0) {
    throw std::out_of_range("offsets");
  }
  return extent;
}

}  // namespace

std::string encode_safetensors(const std::vector<TensorView>& tensors,
                               const std::map<std::string, std::string>& metadata) {
  ordered_json header = ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::size_t offset = 0;
  for (const TensorView& tensor : tensors) {
    const std::size_t bytes = tensor.values.size_bytes();
    header[tensor.name] = {
        {"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {offset, offset + bytes}}};
    offset += bytes;
  }
  std::string text = header.dump();
  text.append((prefix_bytes - text.size() % prefix_bytes) % prefix_bytes, ' ');  // aligns the data
  const std::uint64_t length = text.size();
  std::string file;
  file.reserve(prefix_bytes + text.size() + offset);
  file.append(reinterpret_cast<const char*>(&length), prefix_bytes);
  file += text;
  for (const TensorView& tensor : tensors) {
    file.append(reinterpret_cast<const char*>(tensor.values.data()), tensor.values.size_bytes());
  }
  return file;
}

Safetensors Safetensors::read(const std::filesystem::path& path, std::string_view field) {
  const std::string content = read_text(path, field);
  const json header = parse_header(content, field, path);
  std::uint64_t header_length = 0;
  std::memcpy(&header_length, content.data(), prefix_bytes);
  const std::string_view data = std::string_view(content).substr(prefix_bytes + header_length);
  Safetensors file;
  file.values_.resize(data.size() / sizeof(float));
  if (!file.values_.empty())
    std::memcpy(file.values_.data(), data.data(), file.values_.size() * sizeof(float));
  try {
    for (const auto& [name, entry] : header.items()) {
      if (name == "__metadata__") {
        file.metadata_ = entry.get<std::map<std::string, std::string>>();
        continue;
      }
      if (entry.at("dtype") != "F32") continue;
      const Extent extent = parse_extent(entry);
      if (extent.end > data.size())
        bad_file(field, path, fmt::format("tensor \"{}\" ends behind the file", name));
      file.tensors_.push_back(
          {name, extent.shape,
           std::span<const float>(file.values_)
               .subspan(extent.begin / sizeof(float), (extent.end - extent.begin) / sizeof(float))});
    }
  } catch (const RequestError&) {
    throw;
  } catch (const std::exception&) {  // a header that is JSON but not safetensors'
    bad_file(field, path, "the header's entries need dtype, shape and data_offsets that agree");
  }
  return file;
}

const TensorView* Safetensors::find(std::string_view name) const {
  for (const TensorView& tensor : tensors_) {
    if (tensor.name == name) return &tensor;
  }
  return nullptr;
}

std::vector<TensorView> parameter_views(const Parameters<float>& parameters) {
  std::vector<TensorView> views;
  for (const auto& parameter : parameters.parameters()) {
    views.push_back({parameter.name, parameter.data.shape(), parameter.data.span()});
  }
  for (const auto& buffer : parameters.buffers())
    views.push_back({buffer.name, buffer.data.shape(), buffer.data.span()});
  return views;
}

void load_parameters(const Safetensors& file, std::string_view field, Parameters<float>& parameters) {
  const std::vector<TensorView> wanted = parameter_views(parameters);
  for (const TensorView& tensor : wanted) {
    const TensorView* found = file.find(tensor.name);
    if (found == nullptr) {
      throw RequestError(fmt::format("{}: the file lacks \"{}\" {}, which the model has.", field, tensor.name,
                                     to_string(tensor.shape)));
    }
    if (found->shape != tensor.shape) {
      throw RequestError(fmt::format("{}: \"{}\" has shape {}; the model wants {}.", field, tensor.name,
                                     to_string(found->shape), to_string(tensor.shape)));
    }
  }
  for (const TensorView& tensor : file.tensors()) {
    const auto same = [&](const TensorView& other) { return other.name == tensor.name; };
    if (std::none_of(wanted.begin(), wanted.end(), same)) {
      throw RequestError(fmt::format("{}: \"{}\" is not a parameter of the model.", field, tensor.name));
    }
  }
  const auto copy = [&](const std::string& name, Tensor<float>& to) {
    std::ranges::copy(file.find(name)->values, to.data());
  };
  for (auto& parameter : parameters.parameters()) copy(parameter.name, parameter.data);
  for (auto& buffer : parameters.buffers()) copy(buffer.name, buffer.data);
}

}  // namespace normlab
