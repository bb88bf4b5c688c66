// A report as text, in one of several formats. A format is one function in a file of its own here, and a line
// of the table in format.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "normlab/analysis/report.h"
#include "normlab/core/json.h"

namespace normlab {

struct ReportFormat {
  std::string_view name;  // as `normlab report --format` says it
  // The whole report as text that ends with a newline. A median that is not reached is "not reached" or "—"
  // where people read it, an empty field in CSV, and null with a status beside it in JSON; infinity never
  // appears.
  std::string (*render)(const Report& report);
  bool has_warnings = true;  // else they are for standard error
  bool draws = false;        // wants Report::drawn
};

// RequestError naming `format` for a name that is none of report_format_names(), and for one that this build
// lacks.
const ReportFormat& report_format(std::string_view name);

const std::vector<std::string>& report_format_names();

std::string render_report(const Report& report, std::string_view format);

// The formats.
std::string render_table(const Report& recorded);  // aligned, for a terminal
std::string render_markdown(const Report& recorded);
std::string render_csv(const Report& recorded);
std::string render_json(const Report& report);
// One page for a browser, which needs no network and no other file, of at most largest_page bytes: where it
// would be larger, evaluations are left out of the curves, evenly, and the page says how many.
std::string render_html(const Report& report);

// What render_json() writes.
Json summary_json(const Report& report);

}  // namespace normlab
