// The event files that TensorBoard reads, and of their messages as much as curves and settings need. It is
// written by hand because Debian's libprotobuf would come with a compiler of messages and a library for
// a dozen fields.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace normlab {

// CRC-32C (Castagnoli; RFC 3720, appendix B.4).
std::uint32_t crc32c(std::string_view bytes);

struct TaggedScalar {
  std::string tag;  // "validation/error"
  float value = 0;  // may be not a number
};

// Runs of one group, which TensorBoard shows as one with the mean of its metrics, and what one of them was
// trained with.
struct SessionStart {
  std::string group;
  double start_seconds = 0;                                      // since 1970
  std::vector<std::pair<std::string, nlohmann::json>> settings;  // anything but numbers, truth values and
                                                                 // text is shown as JSON
};

// A file that is put together in memory: TFRecord frames (length, its masked CRC-32C, the message, its masked
// CRC-32C; little-endian) around messages of tensorflow.Event (tensorboard/compat/proto/event.proto and
// summary.proto; plugins/hparams/plugin_data.proto). Times are seconds since 1970.
class EventFile {
 public:
  explicit EventFile(double seconds);

  void add_session(double seconds, const SessionStart& session);
  void add_scalars(double seconds, std::uint64_t step, std::span<const TaggedScalar> scalars);

  const std::string& bytes() const { return bytes_; }

 private:
  void add_event(std::string_view message);

  std::string bytes_;
};

}  // namespace normlab
