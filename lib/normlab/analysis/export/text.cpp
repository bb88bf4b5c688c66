// The aligned table for a terminal.
#include <fmt/format.h>

#include <algorithm>

#include "normlab/analysis/export/contrast_table.h"
#include "normlab/analysis/export/format.h"
#include "normlab/analysis/export/printable.h"
#include "normlab/analysis/export/report_table.h"
#include "normlab/analysis/text_chart.h"

namespace normlab {
std::string render_table(const Report& recorded) {
  const Report report = with_printable_texts(recorded);
  std::string text =
      wrapped(report.description.empty() ? report.name : report.name + ": " + report.description, 110);
  const Heading heading = make_heading(report);
  std::size_t width = 0;
  for (const auto& [label, value] : heading) width = std::max(width, text_columns(label));
  for (const auto& [label, value] : heading) {
    text += fmt::format("  {}{}  {}\n", label, std::string(width - text_columns(label), ' '), value);
  }
  for (const std::string& warning : report.warnings) text += fmt::format("  warning: {}\n", warning);
  if (report.rows.empty()) return text;
  const Table table = make_table(report);
  text += fmt::format("\n{}\n{}", render_aligned(table), wrapped(explanation(report), 110));
  for (std::size_t i = 0; i < table.notes.size(); ++i) {
    text += fmt::format("[{}] {}\n", i + 1, table.notes[i]);
  }
  if (report.contrasts.empty()) return text;
  text += fmt::format("\n{}\n{}", render_aligned(make_contrast_table(report)),
                      wrapped(contrast_explanation(report), 110));
  if (report.sensitivity.empty()) return text;
  return text + fmt::format("\n{}\n{}", render_aligned(make_sensitivity_table(report)),
                            wrapped(sensitivity_explanation(), 110));
}

}  // namespace normlab
