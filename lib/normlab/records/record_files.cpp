#include "normlab/records/record_files.h"

#include <utility>

#include "normlab/core/file.h"
#include "normlab/core/json.h"

namespace normlab {

const RunRecord& RecordFiles::read(const std::filesystem::path& file, std::string_view field) {
  // Looked at before it is read: a file that changes between the two is read again the next time.
  struct stat status {};
  const bool is_there = ::stat(file.c_str(), &status) == 0;
  const FileIdentity identity = identity_of(status);
  const auto known = known_.find(file.native());
  if (known != known_.end()) {
    if (is_there && known->second.identity == identity) return known->second.record;
    known_.erase(known);
  }
  RunRecord record = reader_.read(read_text(file, field, longest_json), "its text");
  record.file = file.native();
  return known_.emplace(file.native(), Entry{identity, std::move(record)}).first->second.record;
}

RunRecord RecordFiles::take(const std::filesystem::path& file, std::string_view field) {
  read(file, field);
  return std::move(known_.extract(file.native()).mapped().record);
}

}  // namespace normlab
