#include <fmt/format.h>

#include "normlab/analysis/export/contrast_table.h"
#include "normlab/analysis/export/format.h"
#include "normlab/analysis/export/printable.h"
#include "normlab/analysis/export/report_table.h"

namespace normlab {

std::string render_markdown(const Report& recorded) {
  const Report report = with_printable_texts(recorded);
  std::string text = fmt::format("## {}\n\n", markdown_escaped(report.name));
  if (!report.description.empty()) text += markdown_escaped(report.description) + "\n\n";
  for (const auto& [label, value] : make_heading(report)) {
    text += fmt::format("- {}: {}\n", markdown_escaped(label), markdown_escaped(value));
  }
  for (const std::string& warning : report.warnings) {
    text += fmt::format("- **warning**: {}\n", markdown_escaped(warning));
  }
  if (report.rows.empty()) return text;
  const Table table = make_table(report);
  text += markdown_table(table);
  text += "\n\n" + explanation(report) + "\n";
  for (std::size_t i = 0; i < table.notes.size(); ++i) {
    text += fmt::format("{}- [{}] {}\n", i == 0 ? "\n" : "", i + 1, markdown_escaped(table.notes[i]));
  }
  if (report.contrasts.empty()) return text;
  text += markdown_table(make_contrast_table(report)) + "\n\n" + contrast_explanation(report) + "\n";
  if (report.sensitivity.empty()) return text;
  return text + markdown_table(make_sensitivity_table(report)) + "\n\n" + sensitivity_explanation() + "\n";
}

}  // namespace normlab
