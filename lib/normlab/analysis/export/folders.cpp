#include "normlab/analysis/export/folders.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "normlab/analysis/export/tables.h"
#include "normlab/analysis/export/tensorboard.h"
#include "normlab/core/log.h"
#include "normlab/core/writable_folder.h"

namespace normlab {
namespace {

struct Export {
  std::string_view option, what;
  std::string ExportFolders::*folder;
  void (*write)(const std::filesystem::path& folder, const SweepRecords& sweep);
};
constexpr std::array<Export, 2> known_exports = {{
    {"tables", "runs.csv, evaluations.csv and layers.csv are", &ExportFolders::tables, write_tables},
    {"tensorboard", "the event files for TensorBoard are", &ExportFolders::tensorboard, write_tensorboard},
}};

}  // namespace

void require_room_for_exports(const ExportFolders& folders) {
  for (const Export& each : known_exports) {
    const std::string& folder = folders.*(each.folder);
    if (!folder.empty()) require_room_for_folder(folder, each.option);
  }
}

void write_exports(const ExportFolders& folders, const SweepRecords& sweep) {
  for (const Export& each : known_exports) {
    const std::string& folder = folders.*(each.folder);
    if (folder.empty()) continue;
    each.write(folder, sweep);
    log_info(fmt::format("{} in {}", each.what, folder));
  }
}

}  // namespace normlab
