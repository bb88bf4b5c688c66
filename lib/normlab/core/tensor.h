// A dense row-major array that owns cache-line-aligned memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <new>
#include <numeric>
#include <span>
#include <string>
#include <vector>

namespace normlab {

using Index = std::int64_t;
using Shape = std::vector<Index>;

// The number of elements of a shape; 1 for the empty shape (a scalar).
inline Index element_count(const Shape& shape) {
  return std::accumulate(shape.begin(), shape.end(), Index{1}, std::multiplies<>());
}

// "[32, 784]"
std::string to_string(const Shape& shape);

// Zero-initialized on construction, aligned to 64 bytes (a cache line, and the widest SIMD register). Moves
// keep the address of the elements; copying is explicit through copy_from.
template <class T>
class Tensor {
 public:
  Tensor() = default;
  explicit Tensor(Shape shape)
      : shape_(std::move(shape)), size_(element_count(shape_)), data_(allocate(size_)) {}

  const Shape& shape() const { return shape_; }
  Index dimension(std::size_t axis) const { return shape_[axis]; }
  Index size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  std::span<T> span() { return {data_.get(), static_cast<std::size_t>(size_)}; }
  std::span<const T> span() const { return {data_.get(), static_cast<std::size_t>(size_)}; }
  T& operator[](Index i) { return data_.get()[i]; }
  const T& operator[](Index i) const { return data_.get()[i]; }

  void fill(T value) { std::fill_n(data_.get(), size_, value); }
  void copy_from(const Tensor& other) { std::copy_n(other.data(), size_, data_.get()); }

 private:
  struct Free {
    void operator()(T* p) const { std::free(p); }
  };
  static std::unique_ptr<T, Free> allocate(Index count) {
    const std::size_t bytes = (static_cast<std::size_t>(count) * sizeof(T) + 63) / 64 * 64;
    if (bytes == 0) return nullptr;
    T* p = static_cast<T*>(std::aligned_alloc(64, bytes));
    if (p == nullptr) throw std::bad_alloc();
    std::fill_n(p, count, T{});
    return std::unique_ptr<T, Free>(p);
  }

  Shape shape_;
  Index size_ = 0;
  std::unique_ptr<T, Free> data_;
};

}  // namespace normlab
