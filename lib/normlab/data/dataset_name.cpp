#include "normlab/data/dataset_name.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "normlab/core/error.h"
#include "normlab/core/file.h"
#include "normlab/core/nearest_name.h"
#include "normlab/core/text.h"
#include "normlab/data/standard_files.h"

namespace normlab {
namespace {

constexpr std::string_view idx_prefix = "idx:", text_prefix = "text:";

bool is_fetched(std::string_view name) {
  const std::vector<std::string>& texts = fetched_texts();
  return std::find(texts.begin(), texts.end(), name) != texts.end();
}

const std::vector<std::string>& known_names() {
  static const std::vector<std::string> names = {"fashion-mnist", "mnist", "idx:FOLDER", "text:FILE",
                                                 "synthetic"};
  return names;
}

DatasetSpec with_path(DatasetKind kind, std::string_view name, std::string_view path,
                      std::string_view allowed) {
  if (path.empty()) refuse("dataset", fmt::format("\"{}\"", name), allowed);
  DatasetSpec spec;
  spec.kind = kind;
  spec.path = path;
  return spec;
}

[[noreturn]] void refuse_unknown(std::string_view name) {
  const char* prefix = is_fetched(name) || is_file(name) ? "text:" : is_folder(name) ? "idx:" : nullptr;
  if (prefix == nullptr) refuse_name("dataset", name, known_names());
  throw RequestError(fmt::format("dataset: unknown name \"{}\"; known are {} (did you mean \"{}{}\"?).",
                                 shortened(name), fmt::join(known_names(), ", "), prefix, shortened(name)));
}

// A file that is missing, with the name of a fetched text in other letters.
void refuse_misspelt_text(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored)) return;
  const std::string nearest = nearest_name(path, fetched_texts());
  if (nearest.empty()) return;
  refuse("dataset.path", quotation(path),
         fmt::format("there is no such file (did you mean \"{}{}\"?)", text_prefix, nearest));
}

}  // namespace

std::filesystem::path fetched_text(std::string_view name) {
  return data_directory() / "text" / fmt::format("{}.txt", name);
}

DatasetSpec parse_dataset(std::string_view name) {
  if (name.starts_with(idx_prefix)) {
    return with_path(DatasetKind::idx, name, name.substr(idx_prefix.size()),
                     "idx: needs a folder, idx:FOLDER");
  }
  if (name.starts_with(text_prefix)) {
    return with_path(DatasetKind::text, name, name.substr(text_prefix.size()),
                     "text: needs a file, text:FILE");
  }
  DatasetSpec spec;
  if (name == "fashion-mnist") {
    spec.kind = DatasetKind::fashion_mnist;
  } else if (name == "mnist") {
    spec.kind = DatasetKind::mnist;
  } else if (name == "synthetic") {
    spec.kind = DatasetKind::synthetic;
  } else {
    refuse_unknown(name);
  }
  return spec;
}

std::string dataset_name(const DatasetSpec& spec) {
  switch (spec.kind) {
    case DatasetKind::fashion_mnist:
      return "fashion-mnist";
    case DatasetKind::mnist:
      return "mnist";
    case DatasetKind::idx:
      return fmt::format("{}{}", idx_prefix, spec.path);
    case DatasetKind::text:
      return fmt::format("{}{}", text_prefix, spec.path);
    case DatasetKind::synthetic:
      return "synthetic";
  }
  return {};
}

const std::vector<std::string>& fetched_texts() {
  static const std::vector<std::string> names{"brown", "bible"};
  return names;
}

std::filesystem::path text_file(const DatasetSpec& spec) {
  if (!is_fetched(spec.path)) {
    refuse_misspelt_text(spec.path);
    return spec.path;
  }
  if (is_file(spec.path)) return spec.path;
  std::filesystem::path file = fetched_text(spec.path);
  if (!is_file(file)) {
    refuse("dataset.path", fmt::format("\"{}\"", spec.path),
           fmt::format("that text is not here yet, and \"normlab data fetch {}\" gets it", spec.path));
  }
  return file;
}

}  // namespace normlab
