#include "normlab/train/safetensors.h"

#include <algorithm>
#include <cstring>

#include "fuzz/fuzz_checks.h"

namespace normlab::fuzz {
namespace {

constexpr std::string_view file_name = "parameters.safetensors", field = "initial_parameters";

bool equal_tensors(const TensorView& a, const TensorView& b) {
  return a.name == b.name && a.shape == b.shape && a.values.size() == b.values.size() &&
         (a.values.empty() || std::memcmp(a.values.data(), b.values.data(), a.values.size_bytes()) == 0);
}

void require_consistent(const TensorView& tensor) {
  Index count = 1;
  for (const Index dimension : tensor.shape) count *= dimension;
  require(static_cast<Index>(tensor.values.size()) == count, "a tensor has as many values as its shape says");
}

void load_into_model(const Safetensors& file) {
  Parameters<float> parameters(InitSpec{}, 1);
  parameters.weight("weight", {2, 3}, Activation::identity);
  parameters.buffer("mean", {2}, 0);
  load_parameters(file, field, parameters);
  for (const TensorView& tensor : parameter_views(parameters)) {
    require(equal_tensors(*file.find(tensor.name), tensor), "what is loaded is what the file holds");
  }
}

}  // namespace

// A file of parameters.
bool fuzz_safetensors(ByteSpan input) {
  const std::string_view content = InputReader(input).text();
  return accepted([&] {
    const Safetensors file = Safetensors::parse(content, file_name, field);
    std::for_each(file.tensors().begin(), file.tensors().end(), require_consistent);
    const std::string written = encode_safetensors(file.tensors(), file.metadata());
    const Safetensors again = never_refused([&] { return Safetensors::parse(written, file_name, field); });
    require(std::ranges::equal(again.tensors(), file.tensors(), equal_tensors),
            "tensors that are written and read again are the same");
    require(again.metadata() == file.metadata(), "metadata that are written and read again are the same");
    load_into_model(file);
  });
}

}  // namespace normlab::fuzz
