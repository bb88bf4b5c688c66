#include "normlab/analysis/export/claims_page.h"

#include "normlab/analysis/build_report.h"
#include "normlab/analysis/export/page.h"
#include "normlab/core/file.h"

namespace normlab {
namespace {

struct DrawnExperiment {
  Report report;
  const PageExperiment* experiment;
};

bool has_runs(const std::filesystem::path& folder) {
  std::error_code ignored;
  return is_file(folder / "sweep.json") || std::filesystem::is_directory(folder / "runs", ignored);
}

// Claims about nothing but durations want no runs: their verdicts are all there is to see.
bool is_timed_alone(const std::filesystem::path& folder) {
  return !has_runs(folder) && is_file(folder / "times.json");
}

Json claims_page_data(const Json& verdicts, const std::vector<DrawnExperiment>& drawn, const Json& missing,
                      std::size_t stride) {
  Json data = {{"verdicts", verdicts}, {"missing", missing}, {"stride", stride}, {"reports", Json::array()}};
  for (const DrawnExperiment& one : drawn) {
    Json report = page_data(one.report, stride);
    report["claims"] = one.experiment->claims;
    data["reports"].push_back(std::move(report));
  }
  return data;
}

}  // namespace

std::string render_claims_page(const Json& verdicts, const std::vector<PageExperiment>& experiments) {
  std::vector<DrawnExperiment> drawn;
  drawn.reserve(experiments.size());
  Json missing = Json::array();
  for (const PageExperiment& experiment : experiments) {
    if (is_timed_alone(experiment.folder)) continue;
    if (!has_runs(experiment.folder)) {
      missing.push_back(experiment.folder.string());
      continue;
    }
    RecordFiles files;
    drawn.push_back(
        {build_report(experiment.folder, files, {.drawn_from = {experiment.folder}}), &experiment});
  }
  return make_page("Claims and verdicts",
                   [&](std::size_t stride) { return claims_page_data(verdicts, drawn, missing, stride); });
}

}  // namespace normlab
