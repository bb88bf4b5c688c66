#include "normlab/data/unpacked_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace normlab {
namespace {

constexpr const char* variable = "NORMLAB_UNPACKED_FILES";
constexpr std::size_t most_files = 64;  // of a process's descriptors
constexpr int seals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;

// At the start of the shared memory, before the content. Written and read by the same program.
struct SharedHeader {
  char magic[24] = "normlab unpacked file 1";
  FileIdentity identity;
  std::uint64_t content_bytes = 0;
  std::uint32_t crc32 = 0;
};

std::uint64_t most_shared_bytes() {
  return static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) / 4;
}

std::optional<SharedHeader> header_of(int descriptor) {
  SharedHeader header;
  struct stat status {};
  const bool sealed = (::fcntl(descriptor, F_GET_SEALS) & seals) == seals;
  if (!sealed || ::fstat(descriptor, &status) != 0) return std::nullopt;
  if (::pread(descriptor, &header, sizeof(SharedHeader), 0) != sizeof(SharedHeader)) return std::nullopt;
  const bool genuine =
      std::memcmp(header.magic, SharedHeader{}.magic, sizeof(SharedHeader::magic)) == 0 &&
      static_cast<std::uint64_t>(status.st_size) == sizeof(SharedHeader) + header.content_bytes;
  return genuine ? std::optional(header) : std::nullopt;
}

// The pages are entered into this process's tables now, not one by one while it trains.
std::optional<Bytes> map_content(int descriptor, std::uint64_t content_bytes) {
  const auto bytes = static_cast<std::size_t>(content_bytes);
  const std::size_t mapped = sizeof(SharedHeader) + bytes;
  void* memory = ::mmap(nullptr, mapped, PROT_READ, MAP_SHARED | MAP_POPULATE, descriptor, 0);
  if (memory == MAP_FAILED) return std::nullopt;
  const std::shared_ptr<const void> owner(
      memory, [mapped](const void* start) { ::munmap(const_cast<void*>(start), mapped); });
  return Bytes(owner, {static_cast<const std::uint8_t*>(memory) + sizeof(SharedHeader), bytes});
}

bool write_all(int descriptor, std::span<const std::uint8_t> bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return true;
}

}  // namespace

SharedContent::SharedContent() : descriptor_(::memfd_create("normlab-unpacked", MFD_ALLOW_SEALING)) {}

SharedContent::~SharedContent() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool SharedContent::append(std::span<const std::uint8_t> bytes) {
  if (descriptor_ < 0 || bytes_ + bytes.size() > most_shared_bytes()) return false;
  if (!write_all(descriptor_, bytes, sizeof(SharedHeader) + bytes_)) return false;
  bytes_ += bytes.size();
  return true;
}

struct UnpackedFiles::File {
  int descriptor;
  SharedHeader header;
  std::optional<Bytes> content;  // mapped when it is first asked for
};

UnpackedFiles::UnpackedFiles(std::string_view descriptors) {
  while (!descriptors.empty()) {
    const std::string_view entry = descriptors.substr(0, descriptors.find(','));
    descriptors.remove_prefix(std::min(descriptors.size(), entry.size() + 1));
    int descriptor = -1;
    std::from_chars(entry.data(), entry.data() + entry.size(), descriptor);
    if (const auto header = header_of(descriptor)) files_.push_back({descriptor, *header, {}});
  }
}

UnpackedFiles::~UnpackedFiles() = default;

std::optional<UnpackedContent> UnpackedFiles::find(const FileIdentity& identity) {
  for (File& file : files_) {
    if (file.header.identity != identity) continue;
    if (!file.content) file.content = map_content(file.descriptor, file.header.content_bytes);
    if (file.content) return UnpackedContent{*file.content, file.header.crc32};
  }
  return std::nullopt;
}

std::optional<UnpackedContent> UnpackedFiles::publish(SharedContent& content, const FileIdentity& identity,
                                                      std::uint32_t crc32) {
  std::uint64_t total = content.bytes_;
  for (const File& file : files_) total += file.header.content_bytes;
  if (content.descriptor_ < 0 || files_.size() >= most_files || total > most_shared_bytes())
    return std::nullopt;
  SharedHeader header;
  header.identity = identity;
  header.content_bytes = content.bytes_;
  header.crc32 = crc32;
  const std::span raw(reinterpret_cast<const std::uint8_t*>(&header), sizeof(SharedHeader));
  if (!write_all(content.descriptor_, raw, 0)) return std::nullopt;
  if (::fcntl(content.descriptor_, F_ADD_SEALS, seals) != 0) return std::nullopt;
  files_.push_back({std::exchange(content.descriptor_, -1), header, {}});
  return find(identity);
}

std::string UnpackedFiles::list() const {
  std::string list;
  for (const File& file : files_) list += fmt::format("{}{}", list.empty() ? "" : ",", file.descriptor);
  return list;
}

UnpackedFiles& unpacked_files() {
  static UnpackedFiles files([] {
    const char* value = std::getenv(variable);
    return std::string_view(value == nullptr ? "" : value);
  }());
  return files;
}

std::string unpacked_files_environment() {
  const std::string list = unpacked_files().list();
  return list.empty() ? "" : fmt::format("{}={}", variable, list);
}

}  // namespace normlab
