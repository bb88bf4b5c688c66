#include "run_files.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "normlab/core/error.h"
#include "normlab/core/file.h"
#include "normlab/core/text.h"
#include "normlab/data/dataset_name.h"
#include "normlab/data/standard_files.h"
#include "normlab/train/checkpoint.h"
#include "normlab/train/safetensors.h"

namespace {

void require_distinct(const RunFile& file, const RunFile& other) {
  if (file.path.empty() || other.path.empty()) return;
  std::error_code ignored;
  if (std::filesystem::is_other(file.path, ignored)) return;
  if (!normlab::is_same_file(file.path, other.path)) return;
  normlab::refuse(file.field, normlab::quotation(file.path.string()),
                  fmt::format("it is the file of {}, and another one is", other.field));
}

}  // namespace

void require_regular_file(const RunFile& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(file.path, ignored) || normlab::is_file(file.path)) return;
  const bool is_folder = std::filesystem::is_directory(file.path, ignored);
  normlab::refuse(file.field, normlab::quotation(file.path.string()),
                  fmt::format("a file, not {}, is", is_folder ? "a folder" : "a device or a pipe"));
}

bool is_null_device(const std::filesystem::path& path) {
  struct stat there {
  }, null{};  // std::filesystem::equivalent() compares no devices
  return ::stat(path.c_str(), &there) == 0 && ::stat("/dev/null", &null) == 0 && S_ISCHR(there.st_mode) &&
         there.st_rdev == null.st_rdev;
}

void require_parameters_file(const RunFile& file) {
  std::error_code ignored;
  if (is_null_device(file.path)) return;
  require_regular_file(file);
  if (!normlab::is_file(file.path) || std::filesystem::is_empty(file.path, ignored)) return;
  if (!normlab::header_start(file.path).empty() && !normlab::resembles_checkpoint(file.path)) return;
  normlab::refuse(file.field, normlab::quotation(file.path.string()),
                  "the file is there and holds no parameters (safetensors); another name is");
}

std::vector<RunFile> data_files(const normlab::DatasetSpec& dataset) {
  try {
    if (normlab::is_text(dataset)) return {{"dataset.path", normlab::text_file(dataset)}};
    if (dataset.kind == normlab::DatasetKind::synthetic) return {};
    const std::string field = normlab::image_files_field(dataset);
    const normlab::IdxFiles files = normlab::find_image_files(dataset);
    return {{field, files.train_images},
            {field, files.train_labels},
            {field, files.test_images},
            {field, files.test_labels}};
  } catch (const normlab::RequestError&) {  // whoever reads them will say what is missing
    return {};
  }
}

void require_distinct_files(const std::vector<RunFile>& written, const std::vector<RunFile>& read) {
  for (std::size_t i = 0; i < written.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) require_distinct(written[i], written[j]);
    for (const RunFile& file : read) require_distinct(written[i], file);
  }
}
