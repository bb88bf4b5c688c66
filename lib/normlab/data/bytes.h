// Bytes that are read and no longer written, whoever owns them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace normlab {

// Copies refer to the same bytes, which live as long as one of them.
class Bytes {
 public:
  Bytes() = default;
  Bytes(std::vector<std::uint8_t> bytes)  // NOLINT: implicit, it is the same bytes
      : Bytes(std::make_shared<const std::vector<std::uint8_t>>(std::move(bytes))) {}
  Bytes(std::shared_ptr<const void> owner, std::span<const std::uint8_t> bytes)
      : owner_(std::move(owner)), bytes_(bytes) {}

  const std::uint8_t* data() const { return bytes_.data(); }
  std::size_t size() const { return bytes_.size(); }
  std::string_view text() const { return {reinterpret_cast<const char*>(data()), size()}; }
  auto begin() const { return bytes_.begin(); }
  auto end() const { return bytes_.end(); }
  std::uint8_t operator[](std::size_t i) const { return bytes_[i]; }

  Bytes part(std::size_t first, std::size_t count) const { return {owner_, bytes_.subspan(first, count)}; }

 private:
  explicit Bytes(const std::shared_ptr<const std::vector<std::uint8_t>>& owner)
      : owner_(owner), bytes_(*owner) {}

  std::shared_ptr<const void> owner_;
  std::span<const std::uint8_t> bytes_;
};

}  // namespace normlab
