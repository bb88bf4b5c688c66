// The content of input files, unpacked once and shared with the processes that this one starts: anonymous
// memory that nobody can write to any more, whose descriptors they inherit.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "normlab/core/file_identity.h"
#include "normlab/data/bytes.h"

namespace normlab {

struct UnpackedContent {
  Bytes bytes;
  std::uint32_t crc32 = 0;
};

// Shared memory while it is being filled.
class SharedContent {
 public:
  SharedContent();
  ~SharedContent();
  SharedContent(const SharedContent&) = delete;
  SharedContent& operator=(const SharedContent&) = delete;

  // False when there is no room: the system has none, or this alone would take more than a quarter of the
  // machine's memory.
  bool append(std::span<const std::uint8_t> bytes);
  std::uint64_t bytes() const { return bytes_; }

 private:
  friend class UnpackedFiles;

  int descriptor_;
  std::uint64_t bytes_ = 0;
};

class UnpackedFiles {
 public:
  // `descriptors`: what list() of the process said that started this one. Only sealed memory that says what
  // it holds is taken, whatever the list claims.
  explicit UnpackedFiles(std::string_view descriptors);
  ~UnpackedFiles();
  UnpackedFiles(const UnpackedFiles&) = delete;
  UnpackedFiles& operator=(const UnpackedFiles&) = delete;

  // The content of this very file, if it was published here or in the process that started this one.
  std::optional<UnpackedContent> find(const FileIdentity& identity);

  // Seals `content`, so that find() has it, here and in children. Nothing when all content together would
  // take more than a quarter of the machine's memory or too many descriptors: then every process reads for
  // itself.
  std::optional<UnpackedContent> publish(SharedContent& content, const FileIdentity& identity,
                                         std::uint32_t crc32);

  std::string list() const;  // descriptors between commas

  // Whether input files that are read are to be published.
  void set_sharing(bool sharing) { sharing_ = sharing; }
  bool sharing() const { return sharing_; }

 private:
  struct File;

  bool sharing_ = false;
  std::vector<File> files_;
};

// Those of this process.
UnpackedFiles& unpacked_files();

// "NAME=LIST" for the environment of a child; "" when nothing is shared.
std::string unpacked_files_environment();

}  // namespace normlab
