#include "normlab/experiment/tune/tuned.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "normlab/core/error.h"
#include "normlab/core/file.h"
#include "normlab/core/log.h"
#include "normlab/core/text.h"
#include "normlab/experiment/config/config_json.h"
#include "normlab/experiment/spec/axis_values.h"
#include "normlab/records/record.h"
#include "normlab/records/vocabulary.h"

namespace normlab {
namespace {

using ChosenSettings = std::vector<std::pair<std::string, Json>>;

Json object_of(const ChosenSettings& settings) {
  Json object = Json::object();
  for (const auto& [path, value] : settings) object[path] = value;
  return object;
}

ChosenSettings settings_of_object(const Json& object) {
  ChosenSettings settings;
  for (const auto& item : object.items()) settings.emplace_back(item.key(), item.value());
  return settings;
}

Json measure_json(const TrialMeasure& measure) {
  return {{"steps", measure.horizon},
          {"mean_steps", measure.mean_steps},
          {"reached", measure.reached},
          {"best_validation_loss", measure.best_loss ? Json(*measure.best_loss) : Json(nullptr)}};
}

Json trial_json(const Trial& trial) {
  Json measures = Json::array();
  for (const TrialMeasure& measure : trial.measures) measures.push_back(measure_json(measure));
  return {{"set", trial.point},
          {"widening", trial.widening},
          {"compared", measures},
          {"cut_after_steps", trial.cut ? Json(trial.measures.back().horizon) : Json(nullptr)},
          {"runs", trial.runs}};
}

Json range_json(const SearchRange& range) {
  return {range.low, range.high};
}

Json widening_json(const Widening& widening) {
  Json json{{"setting", widening.setting},
            {"end", widening.end == RangeEnd::upper ? "upper" : "lower"},
            {"from", range_json(widening.from)}};
  if (widening.refused.empty()) {
    json["to"] = range_json(widening.to);
  } else {
    json["refused"] = widening.refused;
  }
  return json;
}

Json cell_json(const TunedCell& cell) {
  const Trial& chosen = cell.trials[cell.chosen];
  const TrialMeasure& measure = chosen.measures.back();
  Json json{{"when", object_of(cell.when)},
            {"set", chosen.point},
            {"trial", cell.chosen},
            {"mean_steps", measure.mean_steps},
            {"reached", measure.reached},
            {"runs", measure.runs},
            {"best_validation_loss", measure.best_loss ? Json(*measure.best_loss) : Json(nullptr)},
            {"widened", Json::array()},
            {"at_end_of_range", cell.at_end},
            {"trials", Json::array()}};
  for (const Widening& widening : cell.widenings) json["widened"].push_back(widening_json(widening));
  for (const Trial& trial : cell.trials) json["trials"].push_back(trial_json(trial));
  return json;
}

const Json& require_member(const Json& object, const char* key, Json::value_t type, const std::string& file) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  if (!object.is_object() || found == object.end() || found->type() != type || found->empty())
    refuse("tuned", file, fmt::format("a tuned.json of normlab's with \"{}\" in it is", key));
  return *found;
}

bool holds_for(const Override& choice, const Json& config) {
  return std::all_of(choice.when.begin(), choice.when.end(), [&](const auto& condition) {
    const Json* value = find_setting(config, condition.first);
    return value != nullptr && value_key(*value) == value_key(condition.second);
  });
}

void require_no_axis(const SweepSpec& spec, const std::vector<Override>& choices) {
  for (const Override& choice : choices) {
    for (const auto& [path, value] : choice.set) {
      const bool axis = std::any_of(spec.grid.begin(), spec.grid.end(),
                                    [&, &path = path](const Axis& one) { return one.path == path; });
      if (axis)
        refuse("grid." + path, "an axis", "what is tuned has one value in each cell, so no axis of it is");
    }
  }
}

std::vector<std::string> settings_named_in(const ChosenSettings& settings) {
  std::vector<std::string> paths;
  paths.reserve(settings.size());
  for (const auto& [path, value] : settings) paths.push_back(path);
  return paths;
}

// Refuses, as `quoted`, what is no tuned.json.
TunedChoices parse_tuned(const Json& json, const std::string& quoted) {
  if (!json.is_object() || json.value("schema", Json()) != tuned_schema)
    refuse("tuned", quoted, fmt::format("a file with the schema \"{}\" is", tuned_schema));
  TunedChoices choices;
  for (const Json& seed : require_member(json, "seeds", Json::value_t::array, quoted)) {
    if (!seed.is_number_unsigned()) refuse("tuned", quoted, "one whose seeds are integers is");
    choices.seeds.push_back(seed.get<std::uint64_t>());
  }
  for (const Json& cell : require_member(json, "cells", Json::value_t::array, quoted)) {
    choices.choices.push_back(
        {settings_of_object(require_member(cell, "when", Json::value_t::object, quoted)),
         settings_of_object(require_member(cell, "set", Json::value_t::object, quoted))});
  }
  return choices;
}

// Nothing when it is absent or damaged.
std::optional<Json> read_if_whole(const std::filesystem::path& file) {
  if (!is_file(file)) return std::nullopt;
  try {
    Json json = parse_json(read_text(file, "tuned", longest_json), "tuned");
    parse_tuned(json, "");
    return json;
  } catch (const RequestError&) {
    return std::nullopt;
  }
}

// What `file` holds, if that is of the same search.
std::optional<Json> json_before(const std::filesystem::path& file, const TuneSpec& tune) {
  std::optional<Json> json = read_if_whole(file);
  if (!json) return std::nullopt;
  const Json search = to_json(tune);
  bool same = true;
  for (const auto& item : search.items()) same = same && json->value(item.key(), Json()) == item.value();
  return same ? std::move(json) : std::nullopt;
}

const Override* choice_of(const SweepRun& run, const std::vector<Override>& choices) {
  const Json config = whole_json(run.config);
  const auto found = std::find_if(choices.begin(), choices.end(),
                                  [&](const Override& choice) { return holds_for(choice, config); });
  return found == choices.end() ? nullptr : &*found;
}

// Whether setting what was chosen once more would change nothing.
bool takes(const SweepRun& run, const Override& choice) {
  Json settings = to_json(run.config);
  try {
    for (const auto& [path, value] : choice.set) set_setting(settings, path, value);
    return run_id(resolve(settings)) == run.id;
  } catch (const RequestError&) {  // settings of another norm, say, than the one chosen
    return false;
  }
}

// `before` are the runs without their choices.
void require_taken(const SweepSpec& spec, const std::vector<SweepRun>& before,
                   const std::vector<Override>& choices, std::uint64_t max_runs) {
  const std::vector<SweepRun> runs = expand(spec, max_runs);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const Override* choice = choice_of(before[i], choices);
    if (runs[i].undefined || choice == nullptr || takes(runs[i], *choice)) continue;
    refuse("tuned", runs[i].id,
           fmt::format("a run whose {} are of base and grid is, and an override sets them here",
                       fmt::join(settings_named_in(choice->when), ", ")));
  }
}

}  // namespace

Json to_json(const Tuned& tuned) {
  Json json{{"schema", tuned_schema}, {"name", tuned.name}};
  json.update(to_json(tuned.tune));
  json["measure"] =
      "mean steps to the target over the seeds, restricted to the budget; where these are the same, the mean "
      "of the best validation losses";
  json["cells"] = Json::array();
  for (const TunedCell& cell : tuned.cells) json["cells"].push_back(cell_json(cell));
  return json;
}

void set_aside_damaged_tuned(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "tuned.json";
  if (!is_file(file) || read_if_whole(file)) return;
  log_warning(fmt::format("{} is damaged, and set aside as {}", shortened(file.string()),
                          shortened(set_aside(file).filename().string())));
}

void write_tuned(const std::filesystem::path& folder, const Tuned& tuned) {
  const std::filesystem::path file = folder / "tuned.json";
  Json json = to_json(tuned);
  if (const std::optional<Json> before = json_before(file, tuned.tune)) {
    for (const Json& cell : before->at("cells")) {
      const bool again = std::any_of(json["cells"].begin(), json["cells"].end(),
                                     [&](const Json& other) { return other["when"] == cell["when"]; });
      if (!again) json["cells"].push_back(cell);
    }
  }
  write_whole(file, record_text(json));
}

TunedChoices choices_of(const Tuned& tuned) {
  TunedChoices choices{.choices = {}, .seeds = tuned.tune.seeds};
  choices.choices.reserve(tuned.cells.size());
  for (const TunedCell& cell : tuned.cells)
    choices.choices.push_back({cell.when, settings_of_object(cell.trials[cell.chosen].point)});
  return choices;
}

TunedChoices read_tuned(const std::filesystem::path& file) {
  return parse_tuned(read_json(file, "tuned"), quotation(file.string()));
}

std::optional<TunedChoices> read_tuned_before(const std::filesystem::path& folder, const TuneSpec& tune) {
  const std::filesystem::path file = folder / "tuned.json";
  const std::optional<Json> json = json_before(file, tune);
  if (!json) return std::nullopt;
  return parse_tuned(*json, quotation(file.string()));
}

bool has_all_choices(const SweepSpec& spec, const TunedChoices& tuned, std::uint64_t max_runs) {
  const std::vector<SweepRun> runs = expand(spec, max_runs);
  return std::all_of(runs.begin(), runs.end(), [&](const SweepRun& run) {
    return run.undefined || choice_of(run, tuned.choices) != nullptr;
  });
}

SweepSpec with_choices(SweepSpec spec, const TunedChoices& tuned, std::uint64_t max_runs) {
  spec.tune.reset();
  spec.tuned.clear();
  require_no_axis(spec, tuned.choices);
  const std::vector<SweepRun> runs = expand(spec, max_runs);
  require_other_seeds(runs, tuned.seeds, "tune.seeds");
  std::vector<bool> used(tuned.choices.size(), false);
  for (const SweepRun& run : runs) {
    if (const Override* choice = choice_of(run, tuned.choices)) {
      used[static_cast<std::size_t>(choice - tuned.choices.data())] = true;
    } else if (!run.undefined) {
      refuse("tuned", run.id, "a run that has a choice there is");
    }
  }
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (used[i]) spec.overrides.push_back(tuned.choices[i]);
  }
  require_taken(spec, runs, tuned.choices, max_runs);
  spec.chosen = settings_named_in(tuned.choices.front().set);
  spec.tuned_on = tuned.seeds;
  const std::string note = fmt::format("(tuned: {})", fmt::join(spec.chosen, ", "));
  spec.description += spec.description.empty() ? note : " " + note;
  return spec;
}

}  // namespace normlab
