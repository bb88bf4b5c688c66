#include "normlab/claims/claims_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "normlab/claims/claim_fields.h"
#include "normlab/core/error.h"
#include "normlab/core/file.h"
#include "normlab/core/sha256.h"
#include "normlab/core/text.h"
#include "normlab/experiment/spec/axis_values.h"
#include "normlab/nn/norm/norm_traits.h"
#include "normlab/records/vocabulary.h"

namespace normlab {
namespace {

namespace filesystem = std::filesystem;

// A contrast's fields that the claim may say for all of its contrasts; those of times only reach contrasts
// of times.
const std::vector<std::string> shared_fields{"measure", "direction", "margin"};
const std::vector<std::string> shared_time_fields{"target", "thresholds", "for"};
const std::vector<std::string> shared_count_fields{"over"};  // of the measure `reached`

std::vector<std::string> with_shared(std::vector<std::string> fields) {
  for (const auto* shared : {&shared_fields, &shared_time_fields, &shared_count_fields})
    fields.insert(fields.end(), shared->begin(), shared->end());
  return fields;
}

// That of kernels belongs to claims of them.
ClaimMeasure read_measure(const ClaimFields& fields) {
  static const std::vector<std::string> known = [] {
    std::vector<std::string> names = claim_measure_names();
    std::erase(names, "kernel_time");
    return names;
  }();
  const Json* said = fields.find("measure");
  if (said != nullptr && said->is_object()) return ClaimMeasure::statistic;
  return static_cast<ClaimMeasure>(fields.name("measure", known));
}

std::vector<std::uint64_t> read_seeds(const ClaimFields& fields, const char* key, std::size_t least) {
  const Json* value = fields.find(key);
  if (value == nullptr && least == 0) return {};
  const std::string field = fields.name_of(key);
  if (value == nullptr) refuse(field, "nothing", "a list of seeds, or a range such as \"1..10\", is");
  const std::vector<Json> said =
      value->is_array() ? value->get<std::vector<Json>>() : std::vector<Json>{*value};
  std::vector<std::uint64_t> seeds;
  for (const Json& seed : without_ranges("seed", field, said)) {
    if (!seed.is_number_unsigned()) refuse(field, shown(seed), "an integer of at least 0 is");
    seeds.push_back(seed.get<std::uint64_t>());
  }
  std::ranges::sort(seeds);
  if (std::ranges::adjacent_find(seeds) != seeds.end())
    refuse(field, shown(*value), "it lists a seed twice, and each counts once");
  if (seeds.size() < least)
    refuse(field, shown(*value), fmt::format("at least {} seeds are needed to compare anything", least));
  return seeds;
}

void refuse_overlap(const ClaimFields& fields, const ClaimSeeds& seeds) {
  const std::pair<const char*, const std::vector<std::uint64_t>*> parts[] = {
      {"tuning", &seeds.tuning}, {"final", &seeds.final}, {"replication", &seeds.replication}};
  std::map<std::uint64_t, const char*> used;
  for (const auto& [name, list] : parts) {
    for (const std::uint64_t seed : *list) {
      const auto [place, added] = used.try_emplace(seed, name);
      if (added) continue;
      refuse(fields.name_of(name), std::to_string(seed),
             fmt::format("it is among the {} seeds as well, and no two of tuning, final and replication may "
                         "share a seed",
                         place->second));
    }
  }
}

ClaimSeeds read_all_seeds(const ClaimFields& file) {
  const ClaimFields fields = file.object("seeds", {"tuning", "final", "replication"});
  ClaimSeeds seeds{.tuning = read_seeds(fields, "tuning", 0),
                   .final = read_seeds(fields, "final", 2),
                   .replication = read_seeds(fields, "replication", 2)};
  refuse_overlap(fields, seeds);
  return seeds;
}

Where read_where(const ClaimFields& fields) {
  Where where;
  const Json* value = fields.find("where");
  if (value == nullptr) return where;
  const std::string field = fields.name_of("where");
  if (!value->is_object()) refuse(field, shown(*value), "an object of settings and their values is");
  for (const auto& item : value->items()) {
    const Json& said = item.value();
    std::vector<Json> values = said.is_array() ? said.get<std::vector<Json>>() : std::vector<Json>{said};
    if (values.empty()) refuse(field + "." + item.key(), "[]", "at least one value is");
    where.emplace_back(item.key(), std::move(values));
  }
  return where;
}

std::vector<double> read_thresholds(const ClaimFields& fields) {
  std::vector<double> thresholds;
  for (const Json& value : fields.list("thresholds")) {
    if (!value.is_number()) refuse(fields.name_of("thresholds"), shown(value), "a number is");
    thresholds.push_back(value.get<double>());
  }
  return thresholds;
}

std::vector<Index> read_holds(const ClaimFields& fields) {
  constexpr std::int64_t most = 100;
  if (fields.find("for") == nullptr) return {1, 2, 3};
  std::vector<Index> holds;
  for (const Json& value : fields.list("for")) {
    if (!value.is_number_integer() || value.get<std::int64_t>() < 1 || value.get<std::int64_t>() > most)
      refuse(fields.name_of("for"), shown(value), fmt::format("an integer from 1 to {} is", most));
    holds.push_back(value.get<Index>());
  }
  return holds;
}

double read_margin(const ClaimFields& fields, ClaimDirection direction) {
  const bool within = direction == ClaimDirection::within;
  const Json* value = fields.find("margin");
  const double margin = value == nullptr ? 1 : value->is_number() ? value->get<double>() : -1;
  if (margin > (within ? 1 : 0)) return margin;
  refuse(fields.name_of("margin"), value == nullptr ? "nothing" : shown(*value),
         within ? "a ratio above 1, such as 1.1 for \"less than 10 % apart\", is"
                : "a ratio above 0, such as 1, is");
}

Json read_side(const ClaimFields& fields, const char* key) {
  const Json* value = fields.find(key);
  if (value == nullptr || value->is_object()) {
    refuse(fields.name_of(key), value == nullptr ? "nothing" : shown(*value),
           "a value of the setting, such as \"layer\", is");
  }
  return *value;
}

// What belongs to other measures is refused.
void read_over(ClaimContrast& contrast, const ClaimFields& fields) {
  if (contrast.measure == ClaimMeasure::reached) {
    contrast.over = fields.text("over");
  } else if (const Json* over = fields.find("over")) {
    refuse(fields.name_of("over"), shown(*over),
           fmt::format("only the measure reached counts values, and this one is {}", measure_text(contrast)));
  }
}

void read_target(ClaimContrast& contrast, const ClaimFields& fields) {
  if (has_target(contrast.measure)) {
    contrast.target = fields.text("target");
    contrast.thresholds = read_thresholds(fields);
    contrast.holds = read_holds(fields);
    return;
  }
  for (const std::string& key : shared_time_fields) {
    if (const Json* value = fields.find(key)) {
      refuse(fields.name_of(key), shown(*value),
             fmt::format(
                 "only the measures steps, epochs, seconds and reached have a target, and this one is {}",
                 measure_text(contrast)));
    }
  }
}

ClaimContrast read_contrast(const ClaimFields& own, const ClaimFields& claim) {
  ClaimFields fields = own.with_defaults(claim, shared_fields);
  const ClaimMeasure measure = read_measure(fields);
  if (has_target(measure)) fields = fields.with_defaults(claim, shared_time_fields);
  if (measure == ClaimMeasure::reached) fields = fields.with_defaults(claim, shared_count_fields);
  ClaimContrast contrast{.setting = fields.text("setting"),
                         .value = read_side(fields, "value"),
                         .reference = read_side(fields, "reference"),
                         .where = read_where(fields),
                         .measure = measure,
                         .statistic = {},
                         .over = {},
                         .target = {},
                         .thresholds = {},
                         .holds = {}};
  if (measure == ClaimMeasure::statistic)
    contrast.statistic = read_statistic(ClaimFields(*fields.find("measure"), fields.name_of("measure")));
  if (contrast.setting.ends_with(".name")) contrast.setting.resize(contrast.setting.size() - 5);
  if (contrast.setting == "dataset" || contrast.setting.starts_with("dataset.")) {
    refuse(fields.name_of("setting"), quotation(contrast.setting),
           "both sides of a contrast are trained on the same data, so that a setting of something else is");
  }
  if (contrast.value == contrast.reference)
    refuse(fields.name_of("reference"), shown(contrast.reference), "another value than that of \"value\" is");
  read_over(contrast, fields);
  read_target(contrast, fields);
  contrast.direction = static_cast<ClaimDirection>(fields.name("direction", claim_direction_names()));
  contrast.margin = read_margin(fields, contrast.direction);
  return contrast;
}

void read_experiment(Claim& claim, const ClaimFields& fields, const filesystem::path& folder) {
  const ClaimFields experiment = fields.object("experiment", {"spec", "sha256"});
  claim.spec = (folder / experiment.text("spec")).lexically_normal();
  claim.spec_sha256 = experiment.text("sha256");
  const std::string digest = sha256(read_text(claim.spec, experiment.name_of("spec"), longest_json));
  if (digest == claim.spec_sha256) return;
  refuse(experiment.name_of("sha256"), quotation(claim.spec_sha256),
         fmt::format("that of {} is {}", shortened(claim.spec.string()), digest));
}

void read_contrasts(Claim& claim, const ClaimFields& fields, const filesystem::path& folder) {
  fields.refuse_others(
      with_shared({"id", "claim", "source", "experiment", "contrasts", "invariances", "kernels"}));
  read_experiment(claim, fields, folder);
  for (const ClaimFields& contrast : fields.objects("contrasts")) {
    contrast.refuse_others(with_shared({"setting", "value", "reference", "where"}));
    claim.contrasts.push_back(read_contrast(contrast, fields));
  }
}

void read_kernel_claim(Claim& claim, const ClaimFields& fields) {
  const std::vector<std::string> shared{"pass", "direction", "margin"};
  fields.refuse_others({"id", "claim", "source", "kernels", "pass", "direction", "margin"});
  for (const ClaimFields& own : fields.objects("kernels")) {
    own.refuse_others(
        {"norm", "reference_norm", "reference_features", "rows", "features", "pass", "direction", "margin"});
    const ClaimFields kernel = own.with_defaults(fields, shared);
    ClaimContrast contrast{.setting = {},
                           .value = {},
                           .reference = {},
                           .where = {},
                           .measure = ClaimMeasure::kernel_time,
                           .target = {},
                           .thresholds = {},
                           .holds = {},
                           .kernels = read_kernel_pair(kernel)};
    const auto& [first, second] = *contrast.kernels;
    const bool other_norm = first.norm != second.norm;
    contrast.setting = other_norm ? "norm" : "features";
    contrast.value = other_norm ? Json(first.norm) : Json(first.features);
    contrast.reference = other_norm ? Json(second.norm) : Json(second.features);
    contrast.direction = static_cast<ClaimDirection>(kernel.name("direction", claim_direction_names()));
    contrast.margin = read_margin(kernel, contrast.direction);
    claim.contrasts.push_back(std::move(contrast));
  }
}

std::vector<Invariance> read_invariances(const ClaimFields& fields) {
  std::vector<Invariance> invariances;
  fields.refuse_others({"id", "claim", "source", "invariances"});
  for (const ClaimFields& one : fields.objects("invariances")) {
    one.refuse_others({"norm", "change", "invariant"});
    Invariance invariance{.norm = norm_names()[one.name("norm", norm_names())],
                          .change = invariance_changes()[one.name("change", invariance_changes())]};
    const Json* invariant = one.find("invariant");
    if (invariant == nullptr || !invariant->is_boolean()) {
      refuse(one.name_of("invariant"), invariant == nullptr ? "nothing" : shown(*invariant),
             "true or false is");
    }
    invariance.invariant = invariant->get<bool>();
    if (const auto reason = invariance_undefined_reason(invariance))
      refuse(one.name_of("norm"), quotation(invariance.norm), *reason);
    invariances.push_back(std::move(invariance));
  }
  return invariances;
}

Claim read_claim(const ClaimFields& fields, const filesystem::path& folder) {
  Claim claim{.id = fields.text("id"),
              .sentence = fields.text("claim"),
              .paper = {},
              .section = {},
              .spec = {},
              .spec_sha256 = {},
              .contrasts = {},
              .invariances = {}};
  const ClaimFields source = fields.object("source", {"paper", "section"});
  claim.paper = source.text("paper");
  if (source.find("section") != nullptr) claim.section = source.text("section");
  if (fields.find("invariances") != nullptr) {
    claim.invariances = read_invariances(fields);
  } else if (fields.find("kernels") != nullptr) {
    read_kernel_claim(claim, fields);
  } else {
    read_contrasts(claim, fields, folder);
  }
  return claim;
}

void require_ids_once(const std::vector<ClaimsFile>& files) {
  std::set<std::string> ids;
  for (const ClaimsFile& file : files) {
    for (const Claim& claim : file.claims) {
      if (!ids.insert(claim.id).second)
        refuse("id", quotation(claim.id), "two claims have it, and each has an id of its own");
    }
  }
}

}  // namespace

ClaimsFile parse_claims(std::string_view text, const filesystem::path& path) {
  const Json json = parse_json(text, shortened(path.string()));
  const ClaimFields fields(json, shortened(path.filename().string()));
  fields.refuse_others({"schema", "description", "level", "seeds", "claims"});
  if (fields.text("schema") != claims_schema)
    refuse(fields.name_of("schema"), shown(json["schema"]), fmt::format("\"{}\" is", claims_schema));
  ClaimsFile file{.path = path, .sha256 = sha256(text), .seeds = read_all_seeds(fields), .claims = {}};
  if (const Json* level = fields.find("level")) {
    file.level = level->is_number() ? level->get<double>() : -1;
    if (!(file.level >= 0.001 && file.level <= 0.5))
      refuse(fields.name_of("level"), shown(*level), "a probability from 0.001 to 0.5 is");
  }
  for (const ClaimFields& claim : fields.objects("claims"))
    file.claims.push_back(read_claim(claim, path.parent_path()));
  require_ids_once({file});
  return file;
}

const std::vector<std::string>& claim_measure_names() {
  static const std::vector<std::string> names{"steps",   "epochs",  "best_metric", "final_metric",
                                              "reached", "seconds", "step_time",   "kernel_time"};
  return names;
}

const std::vector<std::string>& claim_direction_names() {
  static const std::vector<std::string> names{"less", "greater", "within"};
  return names;
}

bool is_time(ClaimMeasure measure) {
  return measure == ClaimMeasure::steps || measure == ClaimMeasure::epochs ||
         measure == ClaimMeasure::seconds;
}

bool is_metric(ClaimMeasure measure) {
  return measure == ClaimMeasure::best_metric || measure == ClaimMeasure::final_metric;
}

bool needs_step_times(ClaimMeasure measure) {
  return measure == ClaimMeasure::seconds || measure == ClaimMeasure::step_time;
}

bool has_target(ClaimMeasure measure) {
  return is_time(measure) || measure == ClaimMeasure::reached;
}

Json measure_json(const ClaimContrast& contrast) {
  if (contrast.statistic) return statistic_json(*contrast.statistic);
  return claim_measure_names()[static_cast<std::size_t>(contrast.measure)];
}

std::string measure_text(const ClaimContrast& contrast) {
  if (contrast.statistic) return statistic_text(*contrast.statistic);
  return with_blanks(measure_json(contrast).get<std::string>());
}

ClaimsFile load_claims_file(const filesystem::path& file) {
  return parse_claims(read_text(file, "claims", longest_json), file);
}

std::vector<ClaimsFile> load_claims(const filesystem::path& file_or_folder) {
  if (!is_folder(file_or_folder)) return {load_claims_file(file_or_folder)};
  std::vector<filesystem::path> paths;
  std::error_code error;
  for (const auto& entry : filesystem::directory_iterator(file_or_folder, error)) {
    if (entry.path().extension() == ".json") paths.push_back(entry.path());
  }
  if (error || paths.empty())
    refuse("claims", quotation(file_or_folder.string()), "a file of claims, or a folder with some, is");
  std::ranges::sort(paths);
  std::vector<ClaimsFile> files;
  files.reserve(paths.size());
  for (const filesystem::path& path : paths) files.push_back(load_claims_file(path));
  require_ids_once(files);
  return files;
}

}  // namespace normlab
