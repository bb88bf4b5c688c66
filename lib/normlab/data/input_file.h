// A file read from front to back, and inflated on the way when its content is gzip. Content that was unpacked
// before and is shared (data/unpacked_files.h) is taken from there.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "normlab/data/bytes.h"
#include "normlab/data/unpacked_files.h"

namespace normlab {

// Throws RequestError: "FIELD: "FILE" PROBLEM."
[[noreturn]] void refuse_file(std::string_view field, const std::filesystem::path& file,
                              std::string_view problem);

// Throws RequestError naming `field` and the file when it is missing, is no regular file, or is corrupt gzip:
// bad header, bad checksum, truncated, or followed by other bytes.
class InputFile {
 public:
  InputFile(std::filesystem::path path, std::string field);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  const std::filesystem::path& path() const { return path_; }
  bool is_gzip() const { return gzip_; }                        // still to be inflated
  std::uint64_t stored_bytes() const { return stored_bytes_; }  // on disk

  // The size of the content: exact for a plain file; for gzip what the trailer says, which is right modulo
  // 2^32 for a sound file of one member, and a mere hint otherwise.
  std::uint64_t expected_bytes() const { return expected_bytes_; }

  // Reads up to `bytes` bytes of content into `destination`; fewer only at the end.
  std::size_t read(std::uint8_t* destination, std::size_t bytes);

  // The next `bytes` bytes, or fewer at the end. Memory grows as they come, so that a size that is a lie
  // costs none. Shared content is not copied; where this process shares, the content becomes shared, provided
  // that the file ends with these bytes.
  Bytes take(std::uint64_t bytes);

  std::uint64_t content_bytes() const { return content_bytes_; }  // read so far
  std::uint32_t content_crc32() const;                            // of what was read so far

 private:
  std::uint64_t append(std::uint64_t bytes, std::vector<std::uint8_t>& content);
  void share(std::uint64_t bytes);
  void use_unpacked(UnpackedContent content);
  std::size_t read_unpacked(std::uint8_t* destination, std::size_t bytes);
  std::size_t read_plain(std::uint8_t* destination, std::size_t bytes);
  std::size_t read_gzip(std::uint8_t* destination, std::size_t bytes);
  std::size_t read_stored(std::uint8_t* destination, std::size_t bytes);
  void refill();
  void start_gzip();
  void finish_member();

  std::filesystem::path path_;
  std::string field_;
  int descriptor_ = -1;
  bool gzip_ = false, ended_ = false;
  std::uint64_t stored_bytes_ = 0, expected_bytes_ = 0, content_bytes_ = 0;
  std::uint64_t member_bytes_ = 0;  // content of the gzip member being read
  unsigned long crc_ = 0;           // of the plain content, or of the gzip members before this one
  z_stream stream_{};
  std::vector<std::uint8_t> input_;
  FileIdentity identity_;
  std::optional<UnpackedContent> unpacked_;
};

}  // namespace normlab
