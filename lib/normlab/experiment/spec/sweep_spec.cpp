#include "normlab/experiment/spec/sweep_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <unordered_map>

#include "normlab/core/error.h"
#include "normlab/core/log.h"
#include "normlab/core/shared_files.h"
#include "normlab/core/text.h"
#include "normlab/experiment/config/config_json.h"
#include "normlab/experiment/spec/axis_values.h"
#include "normlab/records/vocabulary.h"
#include "normlab/train/requirements.h"

namespace normlab {
namespace {

void refuse_unknown_keys(const Json& object, std::string_view where, const std::vector<std::string>& known) {
  for (const auto& item : object.items()) {
    if (std::find(known.begin(), known.end(), item.key()) == known.end())
      refuse_name(where, item.key(), known);
  }
}

const Json& require_object(const Json& value, std::string_view field) {
  if (!value.is_object()) refuse(field, shown(value), "an object is");
  return value;
}

std::string text_of(const Json& json, const char* key, const std::string& fallback) {
  const auto found = json.find(key);
  if (found == json.end()) return fallback;
  if (!found->is_string()) refuse(key, shown(*found), "text is");
  return found->get<std::string>();
}

void require_file_name(const std::string& name) {
  const bool plain = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
  });
  constexpr std::size_t longest = 255;  // of a folder's name, NAME_MAX
  if (name.empty() || name.size() > longest || name[0] == '.' || !plain) {
    refuse(
        "name", quotation(name),
        fmt::format("letters, digits, '-', '_' and '.' are, at most {}, the first not being '.'", longest));
  }
}

Json parse_paper(const Json& json) {
  const auto found = json.find("paper");
  if (found == json.end() || found->is_null()) return nullptr;
  refuse_unknown_keys(require_object(*found, "paper"), "paper", {"reference", "section"});
  for (const auto& item : found->items()) {
    if (!item.value().is_string()) refuse("paper." + item.key(), shown(item.value()), "text is");
  }
  return *found;
}

std::vector<Axis> parse_grid(const Json& json) {
  std::vector<Axis> grid;
  const auto found = json.find("grid");
  if (found == json.end()) return grid;
  for (const auto& item : require_object(*found, "grid").items()) {
    const std::string field = "grid." + item.key();
    const bool range = item.value().is_string() && takes_ranges(item.key());
    if (!item.value().is_array() && !range) refuse(field, shown(item.value()), "a list of values is");
    const auto values = range ? std::vector<Json>{item.value()} : item.value().get<std::vector<Json>>();
    Axis axis{item.key(), without_ranges(item.key(), field, values)};
    require_values(field, axis.values);
    grid.push_back(std::move(axis));
  }
  return grid;
}

std::vector<std::pair<std::string, Json>> parse_settings(const Json& json, const std::string& field) {
  std::vector<std::pair<std::string, Json>> settings;
  for (const auto& item : require_object(json, field).items())
    settings.emplace_back(item.key(), item.value());
  if (settings.empty()) refuse(field, "{}", "it names at least one setting");
  return settings;
}

std::vector<Override> parse_overrides(const Json& json) {
  std::vector<Override> overrides;
  const auto found = json.find("overrides");
  if (found == json.end()) return overrides;
  if (!found->is_array())
    refuse("overrides", shown(*found), "a list of {\"when\": {...}, \"set\": {...}} is");
  for (std::size_t i = 0; i < found->size(); ++i) {
    const std::string field = fmt::format("overrides[{}]", i);
    const Json& entry = require_object((*found)[i], field);
    refuse_unknown_keys(entry, field, {"when", "set"});
    for (const char* key : {"when", "set"}) {
      if (!entry.contains(key)) refuse(field, shown(entry), "it has both \"when\" and \"set\"");
    }
    overrides.push_back(
        {parse_settings(entry["when"], field + ".when"), parse_settings(entry["set"], field + ".set")});
  }
  return overrides;
}

void parse_tuning(SweepSpec& spec, const Json& json) {
  if (json.contains("tune")) spec.tune = parse_tune_spec(json["tune"]);
  spec.tuned = text_of(json, "tuned", "");
  if (spec.tune && json.contains("tuned")) {
    refuse("tuned", quotation(spec.tuned), "what was tuned already, or \"tune\", is, and not both");
  }
  const Json chosen = json.value("chosen", Json::array());
  const auto is_text = [](const Json& path) { return path.is_string(); };
  if (!chosen.is_array() || !std::all_of(chosen.begin(), chosen.end(), is_text))
    refuse("chosen", shown(chosen), "a list of settings is");
  spec.chosen = chosen.get<std::vector<std::string>>();
  const Json seeds = json.value("tuned_on", Json::array());
  const auto is_seed = [](const Json& seed) { return seed.is_number_unsigned(); };
  if (!seeds.is_array() || !std::all_of(seeds.begin(), seeds.end(), is_seed))
    refuse("tuned_on", shown(seeds), "a list of seeds is");
  spec.tuned_on = seeds.get<std::vector<std::uint64_t>>();
}

std::size_t depth(const std::string& path) {
  return static_cast<std::size_t>(std::count(path.begin(), path.end(), '.'));
}

// The place of an axis in the nesting; smaller varies slower.
int nesting_rank(const std::string& path) {
  static const std::vector<std::string> first{"seed", "model", "norm", "batch_size"};
  return static_cast<int>(std::find(first.begin(), first.end(), path) - first.begin());
}

// Calls visit(settings) for every combination of `axes` over the base, before overrides, until it returns
// false.
template <class Visit>
void for_each_combination(const Json& base, std::vector<const Axis*> nested, Visit&& visit) {
  std::stable_sort(nested.begin(), nested.end(), [](const Axis* a, const Axis* b) {
    return nesting_rank(a->path) < nesting_rank(b->path);
  });
  // "optimizer" is set before "optimizer.learning_rate", whichever varies faster.
  std::vector<std::size_t> set_order(nested.size());
  for (std::size_t i = 0; i < nested.size(); ++i) set_order[i] = i;
  std::stable_sort(set_order.begin(), set_order.end(), [&](std::size_t a, std::size_t b) {
    return depth(nested[a]->path) < depth(nested[b]->path);
  });
  std::vector<std::size_t> position(nested.size(), 0);
  while (true) {
    Json settings = base;
    for (const std::size_t i : set_order)
      set_setting(settings, nested[i]->path, nested[i]->values[position[i]]);
    if (!visit(std::move(settings))) return;
    std::size_t axis = nested.size();
    while (axis > 0 && ++position[axis - 1] == nested[axis - 1]->values.size()) position[--axis] = 0;
    if (axis == 0) return;
  }
}

std::vector<const Axis*> all_axes(const SweepSpec& spec) {
  std::vector<const Axis*> axes;
  for (const Axis& axis : spec.grid) axes.push_back(&axis);
  return axes;
}

// What is beyond 2^64 - 1 counts as that.
std::uint64_t combinations(const std::vector<const Axis*>& axes) {
  std::uint64_t count = 1;
  for (const Axis* axis : axes) {
    constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    const std::uint64_t size = axis->values.size();
    if (size == 0) return 0;
    count = count > most / size ? most : count * size;
  }
  return count;
}

[[noreturn]] void refuse_idle_override(const SweepSpec& spec, std::size_t i) {
  Json when = Json::object();
  for (const auto& [path, value] : spec.overrides[i].when) when[path] = value;
  refuse(fmt::format("overrides[{}].when", i), shown(when),
         "it matches no run of the grid, and has to match one");
}

Json overrides_json(const std::vector<Override>& overrides) {
  Json list = Json::array();
  for (const Override& override : overrides) {
    Json when = Json::object(), set = Json::object();
    for (const auto& [path, value] : override.when) when[path] = value;
    for (const auto& [path, value] : override.set) set[path] = value;
    list.push_back({{"when", when}, {"set", set}});
  }
  return list;
}

// Experiments are called experiments/NAME.json wherever they are described, and where that is not here it is
// in the folder that the program was installed to.
void refuse_absent_experiment(const std::filesystem::path& file) {
  std::error_code ignored;
  const std::filesystem::path name = file.lexically_normal(), folder = name.parent_path();
  if (std::filesystem::exists(file, ignored) || !(folder.empty() || folder == "experiments")) return;
  const auto shared = find_shared_file("experiments" / name.filename());
  if (!shared) return;
  refuse("spec", quotation(file.string()),
         fmt::format("there is no such file here, and the one that comes with normlab is {}",
                     printable(shared->string())));
}

[[noreturn]] void refuse_schema(const Json& schema, const std::filesystem::path& file) {
  if (schema.is_string() && schema.get_ref<const std::string&>().starts_with(schema_family(run_schema))) {
    refuse("spec", quotation(file.string()),
           fmt::format("it is a run's record, and \"normlab run --config {}\" repeats it",
                       shortened(file.string())));
  }
  refuse("schema", shown(schema), fmt::format("\"{}\", or none, is", sweep_schema));
}

// The first that matches no run of the grid; nothing when there is none, or it cannot be known: the grid is
// too large to be looked through, or what the shell sets has still to make its settings whole.
std::optional<std::size_t> find_idle_override(const SweepSpec& spec) {
  constexpr std::uint64_t most_combinations = 1'000'000;
  OverrideMatches overrides(spec.overrides);
  if (!overrides.idle() || combinations(all_axes(spec)) > most_combinations) return std::nullopt;
  try {
    for_each_combination(spec.base, all_axes(spec), [&](Json settings) {
      overrides.apply(settings);
      return overrides.idle().has_value();
    });
  } catch (const RequestError&) {
    return std::nullopt;
  }
  return overrides.idle();
}

SweepRun make_run(const Json& settings) {
  SweepRun run;
  run.config = resolve(settings);
  run.id = run_id(run.config);
  run.undefined = undefined_reason(run.config);
  return run;
}

void require_runs_within(const SweepSpec& spec, std::uint64_t max_runs) {
  const std::uint64_t runs = combinations(all_axes(spec));
  if (runs <= max_runs) return;
  const bool more = runs == std::numeric_limits<std::uint64_t>::max();
  refuse("grid", fmt::format("{}{} runs", more ? "more than " : "", runs),
         fmt::format("a sweep of at most {} is, and --max-runs N allows N", max_runs));
}

[[noreturn]] void refuse_same_id(const SweepRun& a, const SweepRun& b) {
  if (to_json(a.config) == to_json(b.config))
    refuse("grid", a.id, "two combinations of settings resolve to this run, and each run may be listed once");
  refuse(
      "grid", a.id,
      "two different runs have this id, which happens by chance among very many; several smaller sweeps are");
}

// Whether `runs` are the ids of the spec's runs, however many --max-runs had allowed.
bool lists_runs_of(const SweepSpec& spec, const Json& runs) {
  const std::uint64_t count = runs.size();
  if (combinations(all_axes(spec)) != count) return false;
  Json ids = Json::array();
  for (const SweepRun& run : expand(spec, count)) ids.push_back(run.id);
  return runs == ids;
}

}  // namespace

SweepSpec parse_sweep_spec(const Json& json, const std::string& default_name) {
  refuse_unknown_keys(
      require_object(json, "spec"), "spec",
      {"name", "description", "paper", "base", "grid", "overrides", "tune", "tuned", "chosen", "tuned_on"});
  SweepSpec spec;
  spec.name = text_of(json, "name", default_name);
  require_file_name(spec.name);
  spec.description = text_of(json, "description", "");
  spec.paper = parse_paper(json);
  if (!json.contains("base") && !json.contains("grid")) {
    refuse("spec", shown(json), "it lists nothing to run, and needs a \"base\", a \"grid\" or both");
  }
  if (json.contains("base")) spec.base = require_object(json["base"], "base");
  spec.grid = parse_grid(json);
  if (spec.grid.empty() && spec.base.empty()) {
    refuse("spec", shown(json),
           "it lists nothing to run, and needs a setting in \"base\", an axis in \"grid\" such as \"norm\": "
           "[\"none\", \"layer\"], or both");
  }
  spec.overrides = parse_overrides(json);
  parse_tuning(spec, json);
  if (const auto idle = find_idle_override(spec)) refuse_idle_override(spec, *idle);
  return spec;
}

SweepSpec load_sweep_spec(const std::filesystem::path& file) {
  refuse_absent_experiment(file);
  Json json = read_json(file, "spec");
  if (!json.is_object() || !json.contains("schema")) return parse_sweep_spec(json, file.stem().string());
  if (json["schema"] != sweep_schema) refuse_schema(json["schema"], file);
  const Json runs = json.value("runs", Json());
  json.erase("schema");
  json.erase("runs");
  SweepSpec spec = parse_sweep_spec(json, file.stem().string());
  if (runs.is_array() && !lists_runs_of(spec, runs)) {
    log_warning(fmt::format("{} lists other runs than its settings make with this version of normlab",
                            shortened(file.string())));
  }
  return spec;
}

Json to_json(const SweepSpec& spec) {
  Json json{{"schema", sweep_schema}, {"name", spec.name}, {"description", spec.description},
            {"paper", spec.paper},    {"base", spec.base}, {"grid", Json::object()}};
  for (const Axis& axis : spec.grid) json["grid"][axis.path] = axis.values;
  json["overrides"] = overrides_json(spec.overrides);
  if (spec.tune) json["tune"] = to_json(*spec.tune);
  if (!spec.tuned.empty()) json["tuned"] = spec.tuned;
  if (!spec.chosen.empty()) json["chosen"] = spec.chosen;
  if (!spec.tuned_on.empty()) json["tuned_on"] = spec.tuned_on;
  return json;
}

std::vector<SweepRun> expand(const SweepSpec& spec, std::uint64_t max_runs) {
  require_runs_within(spec, max_runs);
  OverrideMatches overrides(spec.overrides);
  std::vector<SweepRun> runs;
  std::unordered_map<std::string, std::size_t> run_of;
  for_each_combination(spec.base, all_axes(spec), [&](Json settings) {
    overrides.apply(settings);
    runs.push_back(make_run(settings));
    const auto [same_id, added] = run_of.try_emplace(runs.back().id, runs.size() - 1);
    if (!added) refuse_same_id(runs[same_id->second], runs.back());
    return true;
  });
  require_other_seeds(runs, spec.tuned_on, "tuned_on");
  return runs;
}

void require_other_seeds(const std::vector<SweepRun>& runs, const std::vector<std::uint64_t>& seeds,
                         std::string_view field) {
  for (const SweepRun& run : runs) {
    if (std::find(seeds.begin(), seeds.end(), run.config.seed) == seeds.end()) continue;
    refuse(field, fmt::format("{}", run.config.seed),
           "what a seed has chosen would be tried on that seed again, so seeds that no run of the sweep has "
           "are");
  }
}

}  // namespace normlab
