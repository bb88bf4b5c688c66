#include "normlab/data/standard_files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>

#include "normlab/core/error.h"
#include "normlab/data/input_file.h"

namespace normlab {
namespace {

// Where Debian's package dataset-fashion-mnist puts it.
constexpr const char* debian_fashion_mnist = "/usr/share/datasets/fashion-mnist";

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::filesystem::path home_directory() {
  const std::string home = environment("HOME");
  if (!home.empty()) return home;
  const passwd* entry = ::getpwuid(::getuid());
  return entry != nullptr ? entry->pw_dir : ".";
}

const std::array<IdxContent, 4>* known_contents(DatasetKind kind) {
  static constexpr std::array<IdxContent, 4> fashion_mnist = {
      IdxContent{47040016, 0xb4f29f28}, {60008, 0x741a4657}, {7840016, 0x678fe0b1}, {10008, 0x80142c1f}};
  static constexpr std::array<IdxContent, 4> mnist = {
      IdxContent{47040016, 0xe9f4d8b3}, {60008, 0xe0cb4ad2}, {7840016, 0x91373bdf}, {10008, 0x4ab9eff9}};
  if (kind == DatasetKind::fashion_mnist) return &fashion_mnist;
  if (kind == DatasetKind::mnist) return &mnist;
  return nullptr;
}

std::string missing_message(DatasetKind kind) {
  std::vector<std::string> places;
  for (const std::filesystem::path& folder : search_folders(kind)) places.push_back(folder.string());
  const bool mnist = kind == DatasetKind::mnist;
  return fmt::format(
      "dataset: {} was not found in {}; {}.", mnist ? "mnist" : "fashion-mnist", fmt::join(places, " or "),
      mnist ? "get it with `normlab data fetch mnist`"
            : "install the package dataset-fashion-mnist, or put its four IDX files into one of them");
}

std::filesystem::path find_folder(const DatasetSpec& spec) {
  if (spec.kind == DatasetKind::idx) return spec.path;
  for (const std::filesystem::path& folder : search_folders(spec.kind)) {
    std::error_code ignored;
    if (std::filesystem::is_directory(folder, ignored)) return folder;
  }
  throw RequestError(missing_message(spec.kind));
}

}  // namespace

std::filesystem::path data_directory() {
  const std::string chosen = environment("NORMLAB_DATA_DIR");
  if (!chosen.empty()) return chosen;
  const std::string shared = environment("XDG_DATA_HOME");
  return (shared.empty() ? home_directory() / ".local" / "share" : std::filesystem::path(shared)) / "normlab";
}

std::vector<std::filesystem::path> search_folders(DatasetKind kind) {
  switch (kind) {
    case DatasetKind::fashion_mnist: {
      const std::filesystem::path own = data_directory() / "fashion-mnist";
      // A folder that was chosen by hand goes before the system's; the default one only fills in for it.
      if (!environment("NORMLAB_DATA_DIR").empty()) return {own, debian_fashion_mnist};
      return {debian_fashion_mnist, own};
    }
    case DatasetKind::mnist:
      return {data_directory() / "mnist"};
    case DatasetKind::idx:
    case DatasetKind::text:
    case DatasetKind::synthetic:
      break;
  }
  return {};
}

IdxFiles find_image_files(const DatasetSpec& spec) {
  return find_idx_files(find_folder(spec), image_files_field(spec));
}

std::string image_files_field(const DatasetSpec& spec) {
  if (spec.kind == DatasetKind::fashion_mnist) return "dataset fashion-mnist";
  if (spec.kind == DatasetKind::mnist) return "dataset mnist";
  return "dataset.path";
}

bool has_known_contents(DatasetKind kind) {
  return known_contents(kind) != nullptr;
}

void require_known_content(DatasetKind kind, std::size_t which, const IdxContent& content,
                           const std::filesystem::path& file, std::string_view field) {
  const std::array<IdxContent, 4>* known = known_contents(kind);
  if (known == nullptr) return;
  const IdxContent& wanted = (*known)[which];
  if (content.bytes == wanted.bytes && content.crc32 == wanted.crc32) return;
  refuse_file(
      field, file,
      fmt::format("holds {} bytes with the CRC-32 {:08x}; the genuine file holds {} bytes with {:08x} "
                  "(idx:FOLDER takes other image sets)",
                  content.bytes, content.crc32, wanted.bytes, wanted.crc32));
}

}  // namespace normlab
