#include "fuzz/record_checks.h"

#include "fuzz/fuzz_checks.h"
#include "normlab/analysis/build_report.h"
#include "normlab/analysis/export/format.h"
#include "normlab/core/json.h"

namespace normlab::fuzz {

void require_reportable(const SweepRecords& sweep) {
  const Report report = build_report(sweep);
  for (const char* format : {"table", "markdown", "csv"}) {
    require_lines(render_report(report, format));
  }
  const std::string summary = render_report(report, "json");
  never_refused([&] { return parse_json(summary, "summary"); });
}

}  // namespace normlab::fuzz
