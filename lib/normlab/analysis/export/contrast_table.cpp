#include "normlab/analysis/export/contrast_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "normlab/analysis/texts.h"

namespace normlab {
namespace {

std::string p_text(double p) {
  return p < 0.001 ? "<0.001" : fmt::format("{:.2g}", p);
}

// Empty where the groups differ in the setting themselves.
Field setting_field(const nlohmann::json& setting) {
  return {setting.is_null() ? "" : setting_text(setting), ""};
}

void add_result(std::vector<Field>& fields, const Contrast& contrast) {
  if (!contrast.ratio) {
    for (int i = 0; i < 4; ++i) fields.push_back({"—", ""});
    fields.push_back({contrast.reason, ""});
    return;
  }
  fields.push_back({fmt::format("{:.3g}", contrast.ratio->ratio),
                    fmt::format("({:.3g}–{:.3g})", contrast.ratio->lower, contrast.ratio->upper)});
  fields.push_back({fmt::format("{:.0f} %", 100 * contrast.superiority), ""});
  fields.push_back({p_text(contrast.adjusted_p), ""});
  fields.push_back({contrast.more_seeds ? std::to_string(*contrast.more_seeds) : "—", ""});
  fields.push_back({contrast.pairing == Pairing::paired ? "" : "seeds differ", ""});
}

}  // namespace

Table make_contrast_table(const Report& report) {
  Table table;
  const auto column = [&](const std::string& label, bool right) {
    table.header.push_back(label);
    table.right_aligned.push_back(right);
  };
  column("model", false);
  column("norm", false);
  column("batch size", true);
  for (const std::string& name : report.columns) column(name, true);
  column(report.contrasted.setting, false);
  column("reached", true);
  column("ratio of " + measure_names()[static_cast<std::size_t>(report.contrasted.measure)], true);
  column("earlier", true);
  column("p", true);
  column("seeds wanted", true);
  column("", false);
  for (const Contrast& contrast : report.contrasts) {
    std::vector<Field> fields{{contrast.model, ""},
                              {contrast.norm, ""},
                              {contrast.batch_size > 0 ? std::to_string(contrast.batch_size) : "", ""}};
    for (const nlohmann::json& setting : contrast.settings) fields.push_back(setting_field(setting));
    const ContrastSide &first = contrast.first, &second = contrast.second;
    fields.push_back({fmt::format("{} / {}", first.value, second.value), ""});
    fields.push_back(
        {fmt::format("{}/{}, {}/{}", first.reached, first.runs, second.reached, second.runs), ""});
    add_result(fields, contrast);
    table.rows.push_back(std::move(fields));
  }
  return table;
}

std::string contrast_explanation(const Report& report) {
  return fmt::format(
      "Ratios are of mean {} to the target, each mean restricted to the earliest point at which a run of the "
      "two groups is censored (a diverged run never reaches it), with a 95 % bootstrap interval; below 1 the "
      "first is the faster one. Earlier: the probability that a run of the first group reaches the target "
      "before one of the second, ties as half. p: of the permutation test that the two do not differ, "
      "adjusted "
      "by Holm for the {} comparisons of this table. Seeds wanted: in each group, to tell the means apart "
      "with "
      "a probability of 80 % if they are as they look.",
      measure_names()[static_cast<std::size_t>(report.contrasted.measure)], report.contrasts.size());
}

}  // namespace normlab
