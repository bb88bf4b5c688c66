// A folder with an experiment, a file of claims about it, and records that look as if it had been run.
#pragma once

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <string>

#include "data/idx_files.h"
#include "files.h"
#include "normlab/claims/claims_plan.h"
#include "normlab/core/sha256.h"
#include "normlab/experiment/config/config_json.h"
#include "normlab/records/run_id.h"
#include "synthetic_records.h"

namespace normlab::test {

inline const std::string small_spec = R"({"name": "small",
  "base": {"dataset": "synthetic", "target": "validation.error<=0.12", "keep_training": true},
  "grid": {"norm": ["none", "layer", "batch"], "batch_size": [4, 128]}})";

class ClaimsFolder {
 public:
  explicit ClaimsFolder(const std::string& spec = small_spec) : spec_(spec) {
    std::filesystem::create_directory(path() / "claims");
    testing::write_file(path() / "spec.json", spec);
  }

  const std::filesystem::path& path() const { return folder_.path(); }
  std::filesystem::path file() const { return path() / "claims" / "small.json"; }

  // One claim about the experiment with these contrasts; the rest as small.json has it unless `file` says.
  Json claims(const std::string& contrasts, const std::string& file = "{}") const {
    Json json = {{"schema", "normlab.claims/1"},
                 {"seeds", {{"tuning", "101..103"}, {"final", "1..10"}, {"replication", "11..20"}}}};
    json["claims"] = Json::array();
    json["claims"].push_back({{"id", "S1"},
                              {"claim", "Layer norm is faster."},
                              {"source", {{"paper", "A paper"}, {"section", "6.6"}}},
                              {"experiment", {{"spec", "../spec.json"}, {"sha256", sha256(spec_)}}},
                              {"measure", "epochs"},
                              {"target", "validation.error<=0.12"},
                              {"for", Json::array({1})},
                              {"direction", "less"},
                              {"contrasts", Json::parse(contrasts)}});
    json.merge_patch(Json::parse(file));
    return json;
  }

  void write(const Json& claims) const { testing::write_file(file(), claims.dump(1)); }
  // The refusal of this file when it is planned, or "".
  std::string refusal_of(const Json& claims) const {
    write(claims);
    return testing::request_error([&] { plan(ClaimPhase::final); });
  }
  std::string refusal(const std::string& contrasts, const std::string& file = "{}") const {
    return refusal_of(claims(contrasts, file));
  }

  ClaimsPlan plan(ClaimPhase phase) const {
    return plan_claims(load_claims(file()), phase, path() / "results");
  }

  // Writes the records of the phase's runs: `epochs` until the target, 0 for none within ten, below 0 for a
  // run that diverges, and no record where it is nothing.
  using EpochsOf = std::function<std::optional<double>(const RunConfig&)>;
  void add_records(ClaimPhase phase, const EpochsOf& epochs) const {
    const ClaimsPlan planned = plan(phase);
    for (const PlannedExperiment& experiment : planned.experiments) {
      std::filesystem::create_directories(experiment.folder / "runs");
      for (const SweepRun& run : experiment.runs) {
        if (const auto until = epochs(run.config)) add_record(experiment.folder, run, *until);
      }
    }
  }

  // Writes 31 rounds of step times for all cells of the phase's runs, which last as long as the function says
  // times a factor of each round that moves them alike, and one that does not, up to `unsure` either way.
  using SecondsOf = std::function<double(const RunConfig&)>;
  void add_times(ClaimPhase phase, const SecondsOf& seconds, double unsure = 0.01,
                 const std::string& cpu = "Imaginary CPU") const {
    constexpr Index rounds = 31;
    const ClaimsPlan planned = plan(phase);
    for (const PlannedExperiment& experiment : planned.experiments) {
      StepTimesRecord times{.name = experiment.spec.name,
                            .started = "2026-03-01T14:05:09Z",
                            .environment = {{"cpu", cpu}, {"simd", "AVX2"}},
                            .rounds = rounds,
                            .core_taken = std::vector<double>(rounds, 0.0),
                            .cells = {}};
      for (const SweepRun& run : experiment.runs) add_cell(times, run.config, seconds(run.config), unsure);
      std::filesystem::create_directories(experiment.folder);
      testing::write_file(experiment.folder / "times.json", to_json(times).dump());
    }
  }

 private:
  static void add_cell(StepTimesRecord& times, const RunConfig& config, double seconds, double unsure) {
    const nlohmann::json settings = nlohmann::json::parse(to_json(config).dump());
    CellTimes cell{.cell = cell_of_config(settings), .settings = timed_settings(settings), .steps = 900};
    if (std::ranges::find(times.cells, cell.cell, &CellTimes::cell) != times.cells.end()) return;
    for (Index round = 0; round < times.rounds; ++round) {
      const double place = static_cast<double>(round) / static_cast<double>(times.rounds - 1);  // 0 to 1
      const double own = config.norm.kind == Norm::none ? 0 : unsure * (2 * place - 1);
      cell.round_seconds.push_back(seconds * (1 + 0.1 * place) * std::exp(own));
    }
    times.cells.push_back(std::move(cell));
  }

  static void add_record(const std::filesystem::path& folder, const SweepRun& run, double epochs) {
    SyntheticRun made{.batch_size = static_cast<int>(run.config.batch_size)};
    if (epochs > 0) made.epochs_to_target = epochs;
    if (epochs <= 0) made.status = epochs < 0 ? "diverged" : "missed_target";
    nlohmann::json record = synthetic_record(made);
    record["config"] = nlohmann::json::parse(to_json(run.config).dump());
    testing::write_file(folder / "runs" / (run.id + ".json"), with_own_id(record).dump());
  }

  TemporaryFolder folder_;
  std::string spec_;
};

inline const char* const layer_contrast =
    R"([{"setting": "norm", "value": "layer", "reference": "none", "where": {"batch_size": 4}}])";

}  // namespace normlab::test
