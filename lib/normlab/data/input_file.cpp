#include "normlab/data/input_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <new>
#include <span>
#include <utility>

#include "normlab/core/error.h"
#include "normlab/core/text.h"

namespace normlab {
namespace {

constexpr std::size_t input_bytes = std::size_t{1} << 18;
constexpr std::size_t growth_bytes = std::size_t{1} << 16;  // little, so that small files cost little
constexpr int gzip_window_bits = 15 + 16;        // the largest window; + 16 asks zlib for the gzip wrapper
constexpr std::uint64_t gzip_smallest = 10 + 8;  // header and trailer of a gzip member

}  // namespace

void refuse_file(std::string_view field, const std::filesystem::path& file, std::string_view problem) {
  throw RequestError(fmt::format("{}: {} {}.", field, quotation(file.string()), problem));
}

InputFile::InputFile(std::filesystem::path path, std::string field)
    : path_(std::move(path)), field_(std::move(field)) {
  // O_NONBLOCK: opening a named pipe must not wait for a writer before it is refused.
  descriptor_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor_ < 0) {
    refuse_file(field_, path_,
                fmt::format("cannot be opened ({}); an existing file is needed", std::strerror(errno)));
  }
  try {
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) {
      refuse_file(field_, path_,
                  S_ISDIR(status.st_mode) ? "is a folder, and a file is needed"
                                          : "is not a regular file, and one is needed");
    }
    stored_bytes_ = expected_bytes_ = static_cast<std::uint64_t>(status.st_size);
    identity_ = identity_of(status);
    if (auto unpacked = unpacked_files().find(identity_)) {
      use_unpacked(std::move(*unpacked));
      return;
    }
    std::uint8_t magic[2] = {0, 0};
    gzip_ = ::pread(descriptor_, magic, 2, 0) == 2 && magic[0] == 0x1f && magic[1] == 0x8b;
    if (gzip_) start_gzip();
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
}

InputFile::~InputFile() {
  if (gzip_) inflateEnd(&stream_);
  ::close(descriptor_);
}

void InputFile::start_gzip() {
  std::uint8_t trailer[4];
  if (stored_bytes_ < gzip_smallest ||
      ::pread(descriptor_, trailer, 4, static_cast<off_t>(stored_bytes_ - 4)) != 4) {
    refuse_file(field_, path_, "is corrupt: the gzip stream is truncated; a whole one is needed");
  }
  expected_bytes_ = static_cast<std::uint64_t>(trailer[0]) | static_cast<std::uint64_t>(trailer[1]) << 8 |
                    static_cast<std::uint64_t>(trailer[2]) << 16 |
                    static_cast<std::uint64_t>(trailer[3]) << 24;
  input_.resize(input_bytes);
  if (inflateInit2(&stream_, gzip_window_bits) != Z_OK) throw std::bad_alloc();
}

void InputFile::use_unpacked(UnpackedContent content) {
  if (gzip_) inflateEnd(&stream_);
  gzip_ = false;
  expected_bytes_ = content.bytes.size();
  unpacked_ = std::move(content);
}

std::size_t InputFile::read(std::uint8_t* destination, std::size_t bytes) {
  const std::size_t count = unpacked_ ? read_unpacked(destination, bytes)
                            : gzip_   ? read_gzip(destination, bytes)
                                      : read_plain(destination, bytes);
  content_bytes_ += count;
  return count;
}

Bytes InputFile::take(std::uint64_t bytes) {
  if (!unpacked_ && unpacked_files().sharing()) share(bytes);
  if (!unpacked_) {
    std::vector<std::uint8_t> content;
    append(bytes, content);
    return content;
  }
  const auto first = static_cast<std::size_t>(content_bytes_);
  const auto count =
      static_cast<std::size_t>(std::min<std::uint64_t>(bytes, unpacked_->bytes.size() - first));
  content_bytes_ += count;
  return unpacked_->bytes.part(first, count);
}

// Reads the file once more from its start, so that what was read before is shared as well. Where that does
// not work out, this object goes on as it was.
void InputFile::share(std::uint64_t bytes) {
  if (!is_settled(identity_)) return;
  InputFile whole(path_, field_);
  SharedContent shared;
  std::vector<std::uint8_t> piece(growth_bytes);
  while (const std::size_t count = whole.read(piece.data(), piece.size())) {
    const bool goes_on =
        whole.content_bytes() > content_bytes_ && whole.content_bytes() - content_bytes_ > bytes;
    if (goes_on || !shared.append(std::span(piece).first(count))) return;
  }
  struct stat status {};
  const bool unchanged = whole.identity_ == identity_ && ::fstat(whole.descriptor_, &status) == 0 &&
                         identity_of(status) == identity_;
  if (!unchanged) return;
  if (auto content = unpacked_files().publish(shared, identity_, whole.content_crc32()))
    use_unpacked(std::move(*content));
}

std::uint64_t InputFile::append(std::uint64_t bytes, std::vector<std::uint8_t>& content) {
  try {
    // A gzip trailer may be a lie; what is compressed further than this grows as it comes.
    constexpr std::uint64_t usual_compression = 16;
    const std::uint64_t credible =
        gzip_ ? std::min(expected_bytes_, usual_compression * stored_bytes_) : expected_bytes_;
    content.reserve(content.size() + static_cast<std::size_t>(std::min(bytes, credible)));
    std::uint64_t appended = 0;
    while (appended < bytes) {
      const std::size_t before = content.size();
      const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(growth_bytes, bytes - appended));
      content.resize(before + wanted);
      const std::size_t count = read(content.data() + before, wanted);
      appended += count;
      if (count < wanted) {
        content.resize(before + count);
        break;
      }
    }
    return appended;
  } catch (const std::bad_alloc&) {
    throw RunError(fmt::format("not enough memory to read {}.", quotation(path_.string())));
  }
}

std::uint32_t InputFile::content_crc32() const {
  if (unpacked_ && content_bytes_ == unpacked_->bytes.size()) return unpacked_->crc32;
  if (unpacked_) return static_cast<std::uint32_t>(crc32_z(0, unpacked_->bytes.data(), content_bytes_));
  // While zlib inflates a gzip stream, `adler` is the CRC-32 of the member's content so far.
  if (!gzip_ || ended_) return static_cast<std::uint32_t>(crc_);
  return static_cast<std::uint32_t>(crc32_combine(crc_, stream_.adler, static_cast<z_off_t>(member_bytes_)));
}

std::size_t InputFile::read_stored(std::uint8_t* destination, std::size_t bytes) {
  std::size_t total = 0;
  while (total < bytes) {
    const ssize_t count = ::read(descriptor_, destination + total, bytes - total);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) refuse_file(field_, path_, fmt::format("cannot be read ({})", std::strerror(errno)));
    if (count == 0) break;
    total += static_cast<std::size_t>(count);
  }
  return total;
}

std::size_t InputFile::read_unpacked(std::uint8_t* destination, std::size_t bytes) {
  const auto first = static_cast<std::size_t>(content_bytes_);
  const std::size_t count = std::min(bytes, unpacked_->bytes.size() - first);
  std::copy_n(unpacked_->bytes.begin() + static_cast<std::ptrdiff_t>(first), count, destination);
  return count;
}

std::size_t InputFile::read_plain(std::uint8_t* destination, std::size_t bytes) {
  const std::size_t count = read_stored(destination, bytes);
  crc_ = crc32_z(crc_, destination, count);
  return count;
}

void InputFile::refill() {
  if (stream_.avail_in > 0) return;
  stream_.next_in = input_.data();
  stream_.avail_in = static_cast<uInt>(read_stored(input_.data(), input_.size()));
}

std::size_t InputFile::read_gzip(std::uint8_t* destination, std::size_t bytes) {
  std::size_t total = 0;
  while (total < bytes && !ended_) {
    refill();
    const auto room =
        static_cast<uInt>(std::min<std::size_t>(bytes - total, std::numeric_limits<uInt>::max()));
    stream_.next_out = destination + total;
    stream_.avail_out = room;
    const bool input_ended = stream_.avail_in == 0;
    const int status = inflate(&stream_, Z_NO_FLUSH);
    const uInt produced = room - stream_.avail_out;
    total += produced;
    member_bytes_ += produced;
    if (status == Z_STREAM_END) {
      finish_member();
    } else if (input_ended && produced == 0) {
      refuse_file(field_, path_, "is corrupt: the gzip stream is truncated; a whole one is needed");
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      refuse_file(field_, path_,
                  fmt::format("is corrupt: the gzip stream does not decode ({}); a sound one is needed",
                              stream_.msg != nullptr ? stream_.msg : "unknown reason"));
    }
  }
  return total;
}

// A gzip file is a sequence of members, and its content that of all of them.
void InputFile::finish_member() {
  crc_ = crc32_combine(crc_, stream_.adler, static_cast<z_off_t>(member_bytes_));
  member_bytes_ = 0;
  refill();
  if (stream_.avail_in == 0) {
    ended_ = true;
    return;
  }
  if (stream_.next_in[0] != 0x1f) {
    refuse_file(field_, path_, "is corrupt: other bytes follow the end of the gzip stream; none are allowed");
  }
  inflateReset(&stream_);
}

}  // namespace normlab
