// Where a batch is written before forward(): each input and each label of a task in its place in the recorded
// graph, by name. The model and the loss say where their places are, and a source of batches fills them, so
// that neither knows the other.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "normlab/data/image_batches.h"
#include "normlab/nn/graph/value.h"

namespace normlab {

// Pixels of the batch's images, in this order.
template <class T>
struct ImageBuffer {
  Value<T>* values;
  ImageLayout layout;
};

template <class T>
class BatchBuffers {
 public:
  // What they refer to belongs to the graph.
  void add_images(std::string_view name, Value<T>& values, ImageLayout layout) {
    images_.insert_or_assign(std::string(name), ImageBuffer<T>{&values, layout});
  }
  void add_integers(std::string_view name, std::span<std::int32_t> integers) {
    integers_.insert_or_assign(std::string(name), integers);
  }

  // Throw std::logic_error when the graph reads nothing of that name and kind.
  const ImageBuffer<T>& images(std::string_view name) const { return find(images_, name); }
  std::span<std::int32_t> integers(std::string_view name) const { return find(integers_, name); }

 private:
  template <class Buffer>
  using Named = std::map<std::string, Buffer, std::less<>>;

  template <class Buffer>
  static const Buffer& find(const Named<Buffer>& buffers, std::string_view name) {
    const auto found = buffers.find(name);
    if (found == buffers.end()) throw std::logic_error("the network has no input " + std::string(name));
    return found->second;
  }

  Named<ImageBuffer<T>> images_;
  Named<std::span<std::int32_t>> integers_;
};

}  // namespace normlab
