#include "normlab/analysis/export/printable.h"

#include "normlab/analysis/texts.h"
#include "normlab/core/text.h"

namespace normlab {
namespace {

using MakePrintable = std::string (*)(std::string_view);

void make_printable(std::vector<std::string>& texts, MakePrintable make) {
  for (std::string& text : texts) text = make(text);
}

// A setting that is text, or a list of texts; numbers stay as they are.
void make_printable(nlohmann::json& setting) {
  const std::string text = setting_text(setting);
  std::string shown = shortened(text);
  if (shown != text) setting = std::move(shown);
}

void make_printable(ReportRow& row) {
  for (std::string* text : {&row.model, &row.norm, &row.dataset, &row.target, &row.test_metric})
    *text = shortened(*text);
  make_printable(row.reasons, shortened_sentence);
  make_printable(row.time_warnings, printable);  // each was shortened before they were joined
  for (nlohmann::json& setting : row.settings) make_printable(setting);
}

void make_printable(Contrast& contrast) {
  for (std::string* text : {&contrast.model, &contrast.norm, &contrast.first.value, &contrast.second.value})
    *text = shortened(*text);
  for (auto* settings : {&contrast.settings, &contrast.first.chosen, &contrast.second.chosen}) {
    for (nlohmann::json& setting : *settings) make_printable(setting);
  }
}

}  // namespace

Report with_printable_texts(Report report) {
  report.name = shortened_sentence(report.name);
  report.description = shortened_sentence(report.description);
  for (auto* names : {&report.models, &report.datasets, &report.targets, &report.columns, &report.chosen,
                      &report.contrasted.chosen})
    make_printable(*names, shortened);
  // Put together from texts that were shortened.
  for (auto* texts : {&report.model_sizes, &report.machines, &report.versions, &report.warnings})
    make_printable(*texts, printable);
  for (auto& [setting, values] : report.by_model) {
    setting = shortened(setting);
    values = printable(values);
  }
  for (ReportRow& row : report.rows) make_printable(row);
  for (std::string* text : {&report.contrasted.setting, &report.contrasted.reference})
    *text = shortened(*text);
  for (Contrast& contrast : report.contrasts) make_printable(contrast);
  for (Sensitivity& one : report.sensitivity) {
    for (Contrast& contrast : one.contrasts) make_printable(contrast);
  }
  return report;
}

}  // namespace normlab
