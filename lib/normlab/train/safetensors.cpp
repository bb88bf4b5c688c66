#include "normlab/train/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <set>
#include <tuple>

#include "normlab/core/error.h"
#include "normlab/core/file.h"
#include "normlab/core/json.h"
#include "normlab/core/text.h"

namespace normlab {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::size_t prefix_bytes = 8;
constexpr std::uint64_t longest_header = 100'000'000;  // bytes; the format's own limit

[[noreturn]] void bad_file(std::string_view field, const std::filesystem::path& path, std::string_view why) {
  refuse(field, fmt::format("\"{}\"", path.string()),
         fmt::format("it is not a whole safetensors file: {}", why));
}

// What is wrong with the entry of one tensor; read() adds whose.
class BadEntry : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Header {
  json entries;
  std::string_view data;  // what follows it
};

Header parse_header(std::string_view content, std::string_view field, const std::filesystem::path& path) {
  if (content.size() < prefix_bytes) bad_file(field, path, "it is shorter than 8 bytes");
  std::uint64_t length = 0;
  std::memcpy(&length, content.data(), prefix_bytes);
  content.remove_prefix(prefix_bytes);
  if (length > content.size()) bad_file(field, path, "the header is longer than the file");
  if (length > longest_header) bad_file(field, path, "the header is longer than 100 MB");
  const std::string_view text = content.substr(0, length);
  if (text.empty() || text[0] != '{') bad_file(field, path, "the header is not a JSON object");
  return {parse_sorted_json(text, fmt::format("{}: the header of \"{}\"", field, path.string())),
          content.substr(length)};
}

// Of one element; of all these only F32 is ever wanted here.
std::uint64_t bits_of(const std::string& dtype) {
  static const std::map<std::string, std::uint64_t> bits{
      {"F4", 4},      {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"BOOL", 8}, {"U8", 8},   {"I8", 8},    {"F8_E5M2", 8},
      {"F8_E4M3", 8}, {"F8_E8M0", 8}, {"U16", 16},    {"I16", 16}, {"F16", 16}, {"BF16", 16}, {"U32", 32},
      {"I32", 32},    {"F32", 32},    {"U64", 64},    {"I64", 64}, {"F64", 64}, {"C64", 64}};
  const auto found = bits.find(dtype);
  if (found == bits.end()) throw BadEntry("its dtype is none that safetensors has");
  return found->second;
}

std::uint64_t read_count(const json& value, const char* what) {
  if (!value.is_number_unsigned())  // 2.0 and 2e0 are not what the format writes
    throw BadEntry(fmt::format("{} are integers that are not negative", what));
  const auto count = value.get<std::uint64_t>();
  if (count > static_cast<std::uint64_t>(std::numeric_limits<Index>::max()))
    throw BadEntry(fmt::format("{} are too large", what));
  return count;
}

const json& read_list(const json& entry, const char* key) {
  const auto found = entry.find(key);
  if (found == entry.end() || !found->is_array()) throw BadEntry(fmt::format("it has no list {}", key));
  return *found;
}

struct Extent {
  std::string name, dtype;
  Shape shape;
  std::uint64_t begin = 0, end = 0;  // bytes within the data
};

std::uint64_t bytes_of(const Shape& shape, std::uint64_t bits) {
  for (const Index dimension : shape) {
    if (__builtin_mul_overflow(bits, static_cast<std::uint64_t>(dimension), &bits))
      throw BadEntry("the product of its shape is too large");
  }
  if (bits % 8 != 0) throw BadEntry("its shape does not fill whole bytes");
  return bits / 8;
}

Extent parse_extent(const std::string& name, const json& entry) {
  if (!entry.is_object()) throw BadEntry("it is not an object");
  const auto dtype = entry.find("dtype");
  if (dtype == entry.end() || !dtype->is_string()) throw BadEntry("it has no dtype");
  Extent extent{name, dtype->get<std::string>(), {}, 0, 0};
  for (const json& dimension : read_list(entry, "shape"))
    extent.shape.push_back(static_cast<Index>(read_count(dimension, "the numbers in its shape")));
  const json& offsets = read_list(entry, "data_offsets");
  if (offsets.size() != 2) throw BadEntry("data_offsets are two numbers");
  extent.begin = read_count(offsets[0], "data_offsets");
  extent.end = read_count(offsets[1], "data_offsets");
  const std::uint64_t bytes = bytes_of(extent.shape, bits_of(extent.dtype));
  if (extent.end < extent.begin || extent.end - extent.begin != bytes)
    throw BadEntry("its shape and data_offsets do not agree");
  return extent;
}

// Every byte of the data belongs to one tensor.
void require_tiling(std::vector<Extent> extents, std::uint64_t size, std::string_view field,
                    const std::filesystem::path& path) {
  std::sort(extents.begin(), extents.end(), [](const Extent& a, const Extent& b) {
    return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
  });
  std::uint64_t at = 0;
  for (const Extent& extent : extents) {
    if (extent.end > size)
      bad_file(field, path, fmt::format("tensor {} ends behind the file", quotation(extent.name)));
    if (extent.begin < at)
      bad_file(field, path, fmt::format("tensor {} overlaps another", quotation(extent.name)));
    if (extent.begin > at)
      bad_file(field, path, fmt::format("before tensor {} are bytes of none", quotation(extent.name)));
    at = extent.end;
  }
  if (at != size) bad_file(field, path, "behind the last tensor are more bytes");
}

std::map<std::string, std::string> parse_metadata(const json& entry) {
  std::map<std::string, std::string> metadata;
  if (!entry.is_object()) throw BadEntry("it is not an object");
  for (const auto& [key, value] : entry.items()) {
    if (!value.is_string()) throw BadEntry("its values are texts");
    metadata[key] = value.get<std::string>();
  }
  return metadata;
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

std::string header_start(const std::filesystem::path& path) {
  if (!is_file(path)) return "";
  constexpr std::size_t characters = 64;
  std::array<char, prefix_bytes + characters> start{};
  std::ifstream file(path, std::ios::binary);
  file.read(start.data(), start.size());
  const auto size = static_cast<std::size_t>(file.gcount());
  std::uint64_t length = 0;
  std::memcpy(&length, start.data(), prefix_bytes);
  if (size <= prefix_bytes || length > longest_header || start[prefix_bytes] != '{') return "";
  return {start.data() + prefix_bytes, size - prefix_bytes};
}

Safetensors Safetensors::read(const std::filesystem::path& path, std::string_view field) {
  return parse(read_text(path, field), path, field);
}

Safetensors Safetensors::parse(std::string_view content, const std::filesystem::path& path,
                               std::string_view field) {
  const Header header = parse_header(content, field, path);
  Safetensors file;
  std::vector<Extent> extents;
  for (const auto& [name, entry] : header.entries.items()) {
    try {
      if (name == "__metadata__") {
        file.metadata_ = parse_metadata(entry);
      } else {
        extents.push_back(parse_extent(name, entry));
      }
    } catch (const BadEntry& error) {
      bad_file(field, path, fmt::format("of the entry {}, {}", quotation(name), error.what()));
    }
  }
  require_tiling(extents, header.data.size(), field, path);
  file.values_.resize(header.data.size() / sizeof(float));
  std::size_t used = 0;
  for (const Extent& extent : extents) {
    if (extent.dtype != "F32") {
      file.others_.emplace(extent.name, extent.dtype);
      continue;
    }
    // Copied one by one: behind tensors of other types the data need not be aligned.
    const std::size_t count = (extent.end - extent.begin) / sizeof(float);
    const std::span<float> values = std::span(file.values_).subspan(used, count);
    if (count > 0) std::memcpy(values.data(), header.data.data() + extent.begin, values.size_bytes());
    file.tensors_.push_back({extent.name, extent.shape, values});
    used += count;
  }
  return file;
}

std::string Safetensors::other_dtype(const std::string& name) const {
  const auto found = others_.find(name);
  return found == others_.end() ? "" : found->second;
}

const TensorView* Safetensors::find(std::string_view name) const {
  const auto found = std::ranges::lower_bound(tensors_, name, {}, &TensorView::name);
  return found == tensors_.end() || found->name != name ? nullptr : &*found;
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

namespace {

void require_tensor(const Safetensors& file, std::string_view field, const TensorView& wanted) {
  const TensorView* found = file.find(wanted.name);
  if (found == nullptr) {
    const std::string dtype = file.other_dtype(wanted.name);
    if (!dtype.empty()) {
      throw RequestError(
          fmt::format("{}: {} has dtype {}; the model wants F32.", field, quotation(wanted.name), dtype));
    }
    throw RequestError(fmt::format("{}: the file lacks {} {}, which the model has.", field,
                                   quotation(wanted.name), to_string(wanted.shape)));
  }
  if (found->shape != wanted.shape) {
    throw RequestError(fmt::format("{}: {} has shape {}; the model wants {}.", field, quotation(wanted.name),
                                   to_string(found->shape), to_string(wanted.shape)));
  }
  if (!std::ranges::all_of(found->values, [](float value) { return std::isfinite(value); })) {
    throw RequestError(
        fmt::format("{}: {} holds values that are not finite numbers.", field, quotation(wanted.name)));
  }
}

}  // namespace

void load_parameters(const Safetensors& file, std::string_view field, Parameters<float>& parameters) {
  const std::vector<TensorView> wanted = parameter_views(parameters);
  for (const TensorView& tensor : wanted) require_tensor(file, field, tensor);
  std::set<std::string_view> known;
  for (const TensorView& tensor : wanted) known.insert(tensor.name);
  for (const TensorView& tensor : file.tensors()) {
    if (known.contains(tensor.name)) continue;
    throw RequestError(fmt::format("{}: {} is not a parameter of the model.", field, quotation(tensor.name)));
  }
  const auto copy = [&](const std::string& name, Tensor<float>& to) {
    std::ranges::copy(file.find(name)->values, to.data());
  };
  for (auto& parameter : parameters.parameters()) copy(parameter.name, parameter.data);
  for (auto& buffer : parameters.buffers()) copy(buffer.name, buffer.data);
}

}  // namespace normlab
