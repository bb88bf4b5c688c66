// Records in their files, each of which is read once.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "normlab/core/file_identity.h"
#include "normlab/records/run_record.h"

namespace normlab {

// Keeps what it read, and reads a file again only where another one took its place, as when a run writes its
// record, or its content has changed. Equal settings and environments of its records are the same objects.
class RecordFiles {
 public:
  // `target` and `variations` are those of RunRecordReader.
  explicit RecordFiles(const std::string& target = "", const std::vector<TargetVariation>& variations = {})
      : target_(target), variations_(variations), reader_(target, variations) {}

  const std::string& target() const { return target_; }
  const std::vector<TargetVariation>& variations() const { return variations_; }

  // The record in FILE, until the file is asked for again. Throws what read_text() throws, RequestError
  // naming `field`, and what RunRecordReader::read() throws.
  const RunRecord& read(const std::filesystem::path& file, std::string_view field);
  // The same for who is the last to ask: nothing of it is kept.
  RunRecord take(const std::filesystem::path& file, std::string_view field);

 private:
  struct Entry {
    FileIdentity identity;
    RunRecord record;
  };

  std::string target_;
  std::vector<TargetVariation> variations_;
  RunRecordReader reader_;
  std::unordered_map<std::string, Entry> known_;  // by the path as it was given
};

}  // namespace normlab
