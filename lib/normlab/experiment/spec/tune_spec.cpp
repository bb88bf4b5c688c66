#include "normlab/experiment/spec/tune_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "normlab/core/error.h"
#include "normlab/core/text.h"
#include "normlab/experiment/spec/axis_values.h"

namespace normlab {
namespace {

const std::vector<std::string> kind_names{"log", "linear", "integer", "choices"};

constexpr std::size_t most_settings = 16;  // ScrambledHalton::most_dimensions
constexpr Index most_trials = 100'000;

const Json& member(const Json& json, const char* key, std::string_view what) {
  const auto found = json.find(key);
  if (found == json.end()) refuse("tune", shown(json), fmt::format("it needs \"{}\", {}", key, what));
  return *found;
}

double range_end(const Json& value, const std::string& field, const Json& range) {
  if (!value.is_number() || !std::isfinite(value.get<double>()))
    refuse(field, shown(range), "a range [LOW, HIGH] of two numbers is");
  return value.get<double>();
}

void read_range(SearchSetting& setting, const Json& range, const std::string& field) {
  if (!range.is_array() || range.size() != 2)
    refuse(field, shown(range), "a range [LOW, HIGH] of two numbers is");
  setting.low = range_end(range[0], field, range);
  setting.high = range_end(range[1], field, range);
  if (setting.low >= setting.high) {
    refuse(field, shown(range),
           "a range [LOW, HIGH] whose LOW is below its HIGH is; there is nothing to search otherwise");
  }
  if (setting.kind == SearchKind::log && setting.low <= 0)
    refuse(field, shown(range), "a logarithmic range above 0 is");
  constexpr double exact = 9007199254740992;  // 2^53
  const auto is_integer = [](double x) { return x == std::floor(x) && std::abs(x) <= exact; };
  if (setting.kind == SearchKind::integer && !(is_integer(setting.low) && is_integer(setting.high)))
    refuse(field, shown(range), "a range of two integers is");
}

SearchSetting parse_search_setting(const std::string& path, const Json& json) {
  const std::string field = "tune.space." + path;
  if (path == "target" || path == "seed")
    refuse("tune.space", quotation(path), "trials are compared by it, so a setting of another kind is");
  constexpr std::string_view forms =
      "one of {\"log\": [LOW, HIGH]}, {\"linear\": [LOW, HIGH]}, {\"integer\": [LOW, HIGH]} and "
      "{\"choices\": [VALUE, …]} is";
  if (!json.is_object() || json.size() != 1) refuse(field, shown(json), forms);
  const std::string& name = json.begin().key();
  const auto found = std::find(kind_names.begin(), kind_names.end(), name);
  if (found == kind_names.end()) refuse_name(field, name, kind_names);
  SearchSetting setting;
  setting.path = path;
  setting.kind = static_cast<SearchKind>(found - kind_names.begin());
  const Json& values = json.begin().value();
  if (setting.kind != SearchKind::choices) {
    read_range(setting, values, field);
    return setting;
  }
  if (!values.is_array()) refuse(field, shown(values), "a list of values is");
  setting.choices = values.get<std::vector<Json>>();
  require_values(field, setting.choices);
  return setting;
}

std::vector<SearchSetting> parse_space(const Json& json) {
  if (!json.is_object() || json.empty() || json.size() > most_settings) {
    refuse("tune.space", shown(json),
           fmt::format("an object with 1 to {} settings, each with where to look for it, is", most_settings));
  }
  std::vector<SearchSetting> space;
  space.reserve(json.size());
  for (const auto& item : json.items()) space.push_back(parse_search_setting(item.key(), item.value()));
  return space;
}

std::vector<std::uint64_t> parse_seeds(const Json& json) {
  const bool range = json.is_string();
  if (!range && !json.is_array())
    refuse("tune.seeds", shown(json), "a list of seeds, or a range of them, is");
  const auto said = range ? std::vector<Json>{json} : json.get<std::vector<Json>>();
  const std::vector<Json> values = without_ranges("seed", "tune.seeds", said);
  require_values("tune.seeds", values);
  std::vector<std::uint64_t> seeds;
  seeds.reserve(values.size());
  for (const Json& value : values) {
    if (!value.is_number_unsigned()) refuse("tune.seeds", shown(value), "an integer of at least 0 is");
    seeds.push_back(value.get<std::uint64_t>());
  }
  return seeds;
}

std::vector<std::string> parse_per(const Json& json, const std::vector<SearchSetting>& space) {
  if (json.is_null()) return {"model", "norm", "batch_size"};
  const bool texts = json.is_array() && !json.empty() &&
                     std::all_of(json.begin(), json.end(), [](const Json& path) { return path.is_string(); });
  if (!texts) refuse("tune.per", shown(json), "a list of settings, such as [\"model\", \"norm\"], is");
  require_values("tune.per", json.get<std::vector<Json>>());
  auto per = json.get<std::vector<std::string>>();
  for (const std::string& path : per) {
    if (path == "seed") refuse("tune.per", "\"seed\"", "a choice for each seed is none for a seed to come");
    const auto searched = [&](const SearchSetting& setting) {
      return setting.path == path || setting.path == path + ".name" || path == setting.path + ".name";
    };
    if (std::any_of(space.begin(), space.end(), searched))
      refuse("tune.per", quotation(path), "a setting that is not itself searched for is");
  }
  return per;
}

}  // namespace

TuneSpec parse_tune_spec(const Json& json) {
  if (!json.is_object()) refuse("tune", shown(json), "an object is");
  const std::vector<std::string> known{"space", "trials", "seeds", "per", "halving"};
  for (const auto& item : json.items()) {
    if (std::find(known.begin(), known.end(), item.key()) == known.end())
      refuse_name("tune", item.key(), known);
  }
  TuneSpec tune;
  tune.space = parse_space(member(json, "space", "the settings that are searched for"));
  const Json& trials = member(json, "trials", "how many points are tried");
  if (!trials.is_number_integer() || trials.get<std::int64_t>() < 1 ||
      trials.get<std::int64_t>() > most_trials) {
    refuse("tune.trials", shown(trials), fmt::format("an integer from 1 to {} is", most_trials));
  }
  tune.trials = trials.get<Index>();
  tune.seeds = parse_seeds(member(json, "seeds", "those of the trials"));
  tune.per = parse_per(json.value("per", Json()), tune.space);
  const Json halving = json.value("halving", Json(true));
  if (!halving.is_boolean()) refuse("tune.halving", shown(halving), "true or false is");
  tune.halving = halving.get<bool>();
  return tune;
}

Json to_json(const TuneSpec& tune) {
  Json space = Json::object();
  for (const SearchSetting& setting : tune.space) {
    Json values = Json::array();
    if (setting.kind == SearchKind::integer) {
      values = {static_cast<std::int64_t>(setting.low), static_cast<std::int64_t>(setting.high)};
    } else if (setting.kind == SearchKind::choices) {
      values = setting.choices;
    } else {
      values = {setting.low, setting.high};
    }
    space[setting.path] = Json{{kind_names[static_cast<std::size_t>(setting.kind)], values}};
  }
  return {{"space", space},
          {"trials", tune.trials},
          {"seeds", tune.seeds},
          {"per", tune.per},
          {"halving", tune.halving}};
}

}  // namespace normlab
