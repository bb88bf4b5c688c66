#include "fuzz/fuzz_checks.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <stdexcept>
#include <system_error>

#include "normlab/core/text.h"

namespace normlab::fuzz {
namespace {

constexpr std::size_t longest_message = 1500;

bool has_control_characters(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7f) return true;
    // U+0080 to U+009F
    if (byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0) return true;
  }
  return false;
}

}  // namespace

void require(bool holds, std::string_view property) {
  if (!holds) throw std::logic_error(std::string(property));
}

void require_lines(std::string_view text) {
  require(is_utf8(text), "what is printed is UTF-8");
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    require(!has_control_characters(text.substr(0, end)), "what is printed has no control characters");
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void require_showable(std::string_view message) {
  require(!message.empty(), "a refusal says why");
  require(is_utf8(message), "a refusal is UTF-8");
  require(!has_control_characters(message), "a refusal is one line without control characters");
  require(message.size() <= longest_message, "a refusal is short");
}

std::uint8_t InputReader::byte() {
  const ByteSpan taken = bytes(1);
  return taken.empty() ? 0 : taken[0];
}

ByteSpan InputReader::bytes(std::size_t count) {
  const ByteSpan taken = rest_.first(std::min(count, rest_.size()));
  rest_ = rest_.subspan(taken.size());
  return taken;
}

std::string_view InputReader::text() {
  const ByteSpan taken = rest();
  return {reinterpret_cast<const char*>(taken.data()), taken.size()};
}

ByteSpan bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

MemoryFile::MemoryFile(ByteSpan content) : descriptor_(::memfd_create("fuzz", MFD_CLOEXEC)) {
  if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "memfd_create");
  if (::write(descriptor_, content.data(), content.size()) != static_cast<ssize_t>(content.size())) {
    throw std::system_error(errno, std::generic_category(), "write");
  }
}

MemoryFile::~MemoryFile() {
  ::close(descriptor_);
}

std::filesystem::path MemoryFile::path() const {
  return fmt::format("/proc/self/fd/{}", descriptor_);
}

std::vector<std::uint8_t> gzip(ByteSpan content, int level) {
  constexpr int small_window_with_gzip_wrapper = 9 + 16;
  z_stream stream{};
  require(
      deflateInit2(&stream, level, Z_DEFLATED, small_window_with_gzip_wrapper, 1, Z_DEFAULT_STRATEGY) == Z_OK,
      "zlib starts");
  std::vector<std::uint8_t> compressed(deflateBound(&stream, content.size()));
  stream.next_in = const_cast<std::uint8_t*>(content.data());
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = compressed.data();
  stream.avail_out = static_cast<uInt>(compressed.size());
  const int status = deflate(&stream, Z_FINISH);
  compressed.resize(stream.total_out);
  deflateEnd(&stream);
  require(status == Z_STREAM_END, "zlib compresses");
  return compressed;
}

}  // namespace normlab::fuzz
