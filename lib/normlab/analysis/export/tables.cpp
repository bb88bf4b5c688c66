#include "normlab/analysis/export/tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "normlab/analysis/export/csv_line.h"
#include "normlab/analysis/export/run_columns.h"
#include "normlab/core/file.h"
#include "normlab/core/json.h"
#include "normlab/core/text.h"
#include "normlab/core/writable_folder.h"
#include "normlab/records/record_split.h"

namespace normlab {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 4> point_fields = {"epoch", "step", "samples", "learning_rate"};
constexpr std::array<std::string_view, 5> cost_fields = {"gradient_norm", "seconds.train", "seconds.evaluate",
                                                         "seconds.elapsed", "cpu_seconds"};
constexpr std::array<std::string_view, 6> layer_fields = {"activation.mean",          "activation.deviation",
                                                          "activation.zero_fraction", "gradient_norm",
                                                          "parameter_gradient_norm",  "weight_norm"};

void add_values(CsvFields& fields, const json& object, std::span<const std::string_view> paths) {
  for (const std::string_view path : paths) fields.push_back(csv_value(value_at(object, path)));
}

// Where an evaluation has metrics; those of both modes only where a run compares them.
std::vector<std::string> measured_parts(const std::vector<RunRecord>& runs) {
  std::vector<std::string> parts{"train", "validation"};
  const auto compares_modes = [](const RunRecord& run) {
    return text_setting_at(*run.settings, "track") == "modes";
  };
  if (std::ranges::any_of(runs, compares_modes))
    parts.insert(parts.end(), {"modes.training", "modes.evaluation"});
  return parts;
}

// The three texts while the records are gone through.
class Tables {
 public:
  explicit Tables(const SweepRecords& sweep)
      : run_columns_(sweep),
        key_columns_(sweep.runs),
        metrics_(metrics_of_runs(sweep.runs)),
        parts_(measured_parts(sweep.runs)) {
    runs = csv_line(run_columns_.header());
    CsvFields header = key_columns_.header();
    header.insert(header.end(), point_fields.begin(), point_fields.end());
    for (const std::string& part : parts_) {
      for (const std::string& metric : metrics_)
        header.push_back(printable(fmt::format("{}.{}", part, metric)));
    }
    header.insert(header.end(), cost_fields.begin(), cost_fields.end());
    evaluations = csv_line(header);
    header = key_columns_.header();
    header.insert(header.end(), {"epoch", "step", "layer"});
    header.insert(header.end(), layer_fields.begin(), layer_fields.end());
    layers = csv_line(header);
  }

  void add(const RunRecord& run) {
    const CsvFields key = key_columns_.fields(run);
    const std::size_t before = layers.size();
    const json record = read_evaluations(read_text(run.file, "results", longest_json), "its text",
                                         [&](const json& evaluation) { add_evaluation(key, evaluation); });
    if (const json* initial = value_at(record, "initial"))
      layers.insert(before, layer_lines(key, {{"epoch", 0}, {"step", 0}}, *initial));
    runs += csv_line(run_columns_.fields(run, record));
  }

  std::string runs, evaluations, layers;

 private:
  void add_evaluation(const CsvFields& key, const json& evaluation) {
    CsvFields fields = key;
    add_values(fields, evaluation, point_fields);
    for (const std::string& part : parts_) {
      const json* values = value_at(evaluation, part);
      for (const std::string& metric : metrics_) {
        const bool is_there = values != nullptr && values->is_object() && values->contains(metric);
        fields.push_back(is_there ? csv_value(&(*values)[metric]) : "");
      }
    }
    add_values(fields, evaluation, cost_fields);
    evaluations += csv_line(fields);
    layers += layer_lines(key, evaluation, evaluation);
  }

  // Of the layers of `tracked`, which was at `at`.
  static std::string layer_lines(const CsvFields& key, const json& at, const json& tracked) {
    std::string lines;
    const json* list = value_at(tracked, "layers");
    if (list == nullptr || !list->is_array()) return lines;
    for (const json& layer : *list) {
      CsvFields fields = key;
      fields.push_back(csv_value(value_at(at, "epoch")));
      fields.push_back(csv_value(value_at(at, "step")));
      fields.push_back(csv_value(value_at(layer, "name")));
      add_values(fields, layer, layer_fields);
      lines += csv_line(fields);
    }
    return lines;
  }

  RunColumns run_columns_;
  RunKeyColumns key_columns_;
  std::vector<std::string> metrics_, parts_;
};

}  // namespace

void write_tables(const std::filesystem::path& folder, const SweepRecords& sweep) {
  Tables tables(sweep);
  for (const RunRecord& run : sweep.runs) tables.add(run);
  require_writable_folder(folder, "tables");
  write_whole(folder / "runs.csv", tables.runs);
  write_whole(folder / "evaluations.csv", tables.evaluations);
  write_whole(folder / "layers.csv", tables.layers);
}

}  // namespace normlab
