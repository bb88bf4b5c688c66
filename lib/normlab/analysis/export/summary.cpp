#include "normlab/analysis/export/summary.h"

#include "normlab/analysis/export/format.h"
#include "normlab/core/file.h"

namespace normlab {

void write_summary(const std::filesystem::path& folder, const Report& report) {
  write_whole(folder / "summary.json", render_json(report));
  write_whole(folder / "summary.csv", render_csv(report));
}

}  // namespace normlab
