// What the fuzz targets share: taking an input apart, files in memory, and what counts as a finding.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "fuzz/fuzz_targets.h"
#include "normlab/core/error.h"

namespace normlab::fuzz {

// Throws std::logic_error, which no target catches, when `holds` is false.
void require(bool holds, std::string_view property);

// Lines of UTF-8 without control characters.
void require_lines(std::string_view text);

// A refusal is one line of text that a terminal can show, however strange the input was: valid UTF-8 without
// control characters, and short.
void require_showable(std::string_view message);

// Calls read(). True when it returned; false when it refused with a RequestError or a RunError, whose message
// is checked. Everything else passes through.
template <class Read>
bool accepted(Read&& read) {
  try {
    read();
    return true;
  } catch (const RequestError& error) {
    require_showable(error.what());
  } catch (const RunError& error) {
    require_showable(error.what());
  }
  return false;
}

// Calls read(), which must not refuse.
template <class Read>
auto never_refused(Read&& read) {
  try {
    return read();
  } catch (const RequestError& error) {
    require(false, std::string("what normlab wrote is refused: ") + error.what());
    throw;
  }
}

// Takes an input apart from its front; what is missing counts as zero.
class InputReader {
 public:
  explicit InputReader(ByteSpan input) : rest_(input) {}
  std::uint8_t byte();
  ByteSpan bytes(std::size_t count);  // fewer at the end
  ByteSpan rest() { return bytes(rest_.size()); }
  std::string_view text();  // the rest

 private:
  ByteSpan rest_;
};

ByteSpan bytes_of(std::string_view text);

// A file that lives in memory, for readers that want a path.
class MemoryFile {
 public:
  explicit MemoryFile(ByteSpan content);
  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::filesystem::path path() const;

 private:
  int descriptor_;
};

std::vector<std::uint8_t> gzip(ByteSpan content, int level);

}  // namespace normlab::fuzz
