#include "run_files.h"

#include <fmt/format.h>

#include "normlab/core/error.h"
#include "normlab/core/file.h"
#include "normlab/core/text.h"

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

void require_distinct_files(const std::vector<RunFile>& written, const std::vector<RunFile>& read) {
  for (std::size_t i = 0; i < written.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) require_distinct(written[i], written[j]);
    for (const RunFile& file : read) require_distinct(written[i], file);
  }
}
