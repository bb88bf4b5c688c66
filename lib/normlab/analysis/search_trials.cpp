#include "normlab/analysis/search_trials.h"

#include "normlab/core/error.h"
#include "normlab/core/file.h"
#include "normlab/core/text.h"
#include "normlab/records/vocabulary.h"

namespace normlab {
namespace {

TrialAt trial_at(const Json& json) {
  TrialAt at{.steps = json.at("steps").get<double>(),
             .mean_steps = json.at("mean_steps").get<double>(),
             .reached = json.at("reached").get<Index>(),
             .best_loss = {}};
  const Json& loss = json.at("best_validation_loss");
  if (!loss.is_null()) at.best_loss = loss.get<double>();
  return at;
}

SearchTrial trial_of(const Json& json, const std::vector<std::string>& settings) {
  SearchTrial trial;
  trial.values.reserve(settings.size());
  for (const std::string& setting : settings) trial.values.push_back(json.at("set").at(setting));
  for (const Json& compared : json.at("compared")) trial.compared.push_back(trial_at(compared));
  trial.cut = !json.at("cut_after_steps").is_null();
  trial.runs = static_cast<Index>(json.at("runs").size());
  if (trial.compared.empty() || trial.runs == 0) refuse("trials", "one without runs", "those that ran are");
  return trial;
}

SearchCell cell_of(const Json& json, const std::vector<std::string>& settings) {
  SearchCell cell;
  cell.when = json.at("when");
  if (!cell.when.is_object()) refuse("when", shortened(cell.when.dump()), "an object is");
  for (const Json& trial : json.at("trials")) cell.trials.push_back(trial_of(trial, settings));
  cell.chosen = json.at("trial").get<std::size_t>();
  if (cell.chosen >= cell.trials.size()) refuse("trial", json.at("trial").dump(), "places of trials are");
  cell.widened = static_cast<Index>(json.at("widened").size());
  cell.at_end = json.at("at_end_of_range").get<std::vector<std::string>>();
  return cell;
}

SearchTrials trials_of(const Json& json) {
  if (json.value("schema", "") != tuned_schema) refuse("schema", "another one", std::string(tuned_schema));
  SearchTrials trials;
  for (const auto& setting : json.at("space").items()) {
    trials.settings.push_back(setting.key());
    trials.logarithmic.push_back(setting.value().is_object() && setting.value().contains("log"));
  }
  for (const Json& cell : json.at("cells")) trials.cells.push_back(cell_of(cell, trials.settings));
  return trials;
}

}  // namespace

std::optional<SearchTrials> read_search_trials(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "tuned.json";
  if (!is_file(file)) return std::nullopt;
  const Json json = parse_json(read_text(file, "results", longest_json), "its text");
  try {
    return trials_of(json);
  } catch (const Json::exception&) {
    refuse("results", "tuned.json", "what a search wrote is");
  }
}

}  // namespace normlab
