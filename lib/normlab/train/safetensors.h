// The safetensors file format: 8 bytes of header length (little-endian), a JSON header that gives each
// tensor's dtype, shape and place, then the numbers. Parameter files and checkpoints are both of this form.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "normlab/nn/graph/parameters.h"

namespace normlab {

struct TensorView {
  std::string name;
  Shape shape;
  std::span<const float> values;
};

// One file's bytes. Tensors keep their order; metadata becomes the header's "__metadata__".
std::string encode_safetensors(const std::vector<TensorView>& tensors,
                               const std::map<std::string, std::string>& metadata);

// A file that was read and checked. Only 32-bit floating-point tensors are kept; of others (PyTorch's
// num_batches_tracked) the dtype is.
class Safetensors {
 public:
  // `field` names the file in errors. Throws RequestError when the file cannot be read or is not what the
  // format allows: JSON with a key twice, shapes and offsets that are no integers or do not agree, bytes that
  // belong to no tensor or to two.
  static Safetensors read(const std::filesystem::path& path, std::string_view field);
  // The same of a file's content; `path` is for errors only.
  static Safetensors parse(std::string_view content, const std::filesystem::path& path,
                           std::string_view field);

  const std::vector<TensorView>& tensors() const { return tensors_; }
  const TensorView* find(std::string_view name) const;
  // The dtype of a tensor that was passed over ("I64"); "" when there is none of that name.
  std::string other_dtype(const std::string& name) const;
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

 private:
  std::vector<float> values_;
  std::vector<TensorView> tensors_;  // ascending by name
  std::map<std::string, std::string> metadata_, others_;
};

// The first characters of the header of a file that begins like safetensors, whole or not; "" for any other
// file, and where none can be read.
std::string header_start(const std::filesystem::path& path);

// Trained parameters and running statistics, named as docs/parameters.md says.
std::vector<TensorView> parameter_views(const Parameters<float>& parameters);

// Copies every tensor of `file` into the parameter or running statistic of its name. Throws RequestError
// naming `field` and the first tensor that is missing, is not known to the model, has another dtype or shape,
// or holds what is no finite number; then nothing was copied.
void load_parameters(const Safetensors& file, std::string_view field, Parameters<float>& parameters);

}  // namespace normlab
