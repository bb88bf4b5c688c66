#include "normlab/analysis/export/format.h"

#include <algorithm>
#include <array>

#include "normlab/analysis/export/page.h"
#include "normlab/analysis/export/page_assets.h"
#include "normlab/core/error.h"

namespace normlab {
namespace {

constexpr std::array formats = {
    ReportFormat{"table", render_table}, ReportFormat{"markdown", render_markdown},
    ReportFormat{.name = "csv", .render = render_csv, .has_warnings = false},
    ReportFormat{"json", render_json}, ReportFormat{.name = "html", .render = render_html, .draws = true}};

}  // namespace

const ReportFormat& report_format(std::string_view name) {
  const auto found = std::find_if(formats.begin(), formats.end(),
                                  [&](const ReportFormat& format) { return format.name == name; });
  if (found == formats.end()) refuse_name("format", name, report_format_names());
  if (found->draws) require_page_library(page_assets::library);
  return *found;
}

const std::vector<std::string>& report_format_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    all.reserve(formats.size());
    for (const ReportFormat& format : formats) all.emplace_back(format.name);
    return all;
  }();
  return names;
}

std::string render_report(const Report& report, std::string_view format) {
  return report_format(format).render(report);
}

}  // namespace normlab
