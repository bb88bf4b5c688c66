#include "normlab/data/registry.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "normlab/core/error.h"
#include "normlab/core/file.h"
#include "normlab/core/nearest_name.h"
#include "normlab/core/text.h"
#include "normlab/data/dataset_name.h"
#include "normlab/data/image_data.h"
#include "normlab/data/input_file.h"
#include "normlab/data/standard_files.h"
#include "normlab/data/text_data.h"

namespace normlab {
namespace {

DatasetListing folder_listing(DatasetKind kind, std::string_view name, std::string_view description,
                              std::string_view how_to_get) {
  DatasetListing listing{std::string(name), std::string(description), std::string(how_to_get), false};
  for (const std::filesystem::path& folder : search_folders(kind)) {
    if (listing.present || !is_folder(folder)) continue;
    listing.location = folder.string();
    listing.present = true;
  }
  return listing;
}

DatasetListing text_listing(std::string_view name, std::string_view description) {
  const std::filesystem::path file = fetched_text(name);
  const bool present = is_file(file);
  return {fmt::format("text:{}", name), std::string(description),
          present ? file.string() : fmt::format("normlab data fetch {}", name), present};
}

CheckedFile check_file(const std::filesystem::path& path, std::string_view field) {
  InputFile file(path, std::string(field));
  std::vector<std::uint8_t> buffer(std::size_t{1} << 18);
  while (file.read(buffer.data(), buffer.size()) > 0) {
  }
  return {path, file.content_bytes(), file.content_crc32(), false};
}

DatasetReport check_text(const DatasetSpec& spec) {
  const Bytes content = read_text_content(spec);
  const TextData data(content.text(), spec);
  DatasetReport report{.name = dataset_name(spec), .files = {check_file(text_file(spec), "dataset.path")}};
  report.train_samples = static_cast<Index>(data.train().size());
  report.validation_samples = static_cast<Index>(data.validation().size());
  report.test_samples = static_cast<Index>(data.test().size());
  report.classes = data.vocabulary_size();
  report.text_format = describe_format(content.text());
  return report;
}

std::vector<CheckedFile> check_image_files(const DatasetSpec& spec) {
  if (spec.kind == DatasetKind::synthetic) return {};
  const std::string field = image_files_field(spec);
  const IdxFiles files = find_image_files(spec);
  std::vector<CheckedFile> checked;
  for (const auto* path :
       {&files.train_images, &files.train_labels, &files.test_images, &files.test_labels}) {
    CheckedFile file = check_file(*path, field);
    require_known_content(spec.kind, checked.size(), {file.bytes, file.crc32}, *path, field);
    file.known = has_known_contents(spec.kind);
    checked.push_back(std::move(file));
  }
  return checked;
}

DatasetReport check_images(const DatasetSpec& spec) {
  constexpr std::uint64_t any_seed = 1;
  DatasetReport report{.name = dataset_name(spec), .files = check_image_files(spec)};
  const ImageData data = load_images(spec, any_seed);
  report.train_samples = data.train().count;
  report.validation_samples = data.validation().count;
  report.test_samples = data.load_test().count;
  report.height = data.height();
  report.width = data.width();
  report.classes = data.classes();
  return report;
}

}  // namespace

std::vector<DatasetListing> list_datasets() {
  return {
      folder_listing(DatasetKind::fashion_mnist, "fashion-mnist",
                     "70,000 grey images of clothing, 28 x 28, 10 classes",
                     "the system's package dataset-fashion-mnist"),
      folder_listing(DatasetKind::mnist, "mnist",
                     "70,000 grey images of handwritten digits, 28 x 28, 10 classes",
                     "normlab data fetch mnist"),
      text_listing("brown", "the Brown corpus, 1 million words of American English, for language models"),
      text_listing("bible", "the King James Bible, 4 million characters, for language models"),
      {"idx:FOLDER", "any image set of at most 256 classes in four IDX files, plain or gzip",
       "your own files", true},
      {"text:FILE", "any text in UTF-8, plain or gzip; others byte by byte", "your own file", true},
      {"synthetic", "5,120 generated images, 28 x 28, 10 classes", "generated from the run's seed", true},
  };
}

DatasetReport check_dataset(const DatasetSpec& spec) {
  return is_text(spec) ? check_text(spec) : check_images(spec);
}

}  // namespace normlab
