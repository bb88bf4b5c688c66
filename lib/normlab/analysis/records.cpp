#include "normlab/analysis/records.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <tuple>

#include "normlab/core/error.h"
#include "normlab/core/file.h"

namespace normlab {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 7> statuses = {
    "reached_target", "missed_target", "finished", "diverged", "undefined", "failed", "interrupted"};
constexpr std::array<std::string_view, 7> norm_order = {"none",  "batch",    "layer", "rms",
                                                        "group", "instance", "weight"};
constexpr std::array<std::string_view, 4> key_settings = {"model.name", "norm.name", "batch_size", "seed"};

template <class Names>
std::size_t rank_in(const Names& names, std::string_view name) {
  return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

// "" when the record has every field that grouping and reporting rely on, else what is wrong with it.
std::string missing_field(const Json& content) {
  if (text_at(content, "id").empty()) return "it has no id";
  const std::string status = text_at(content, "status");
  if (rank_in(statuses, status) == statuses.size())
    return fmt::format("its status \"{}\" is unknown", status);
  for (const char* field : {"config.model.name", "config.norm.name"}) {
    if (text_at(content, field).empty()) return fmt::format("it has no {}", field);
  }
  for (const char* field : {"config.batch_size", "config.seed"}) {
    const Json* value = value_at(content, field);
    if (value == nullptr || !value->is_number_integer()) return fmt::format("it has no {}", field);
  }
  return "";
}

bool is_run_record(const Json& content) {
  const std::string schema = text_at(content, "schema");
  return schema == run_schema || schema == older_run_schema;
}

[[noreturn]] void refuse_schema(const Json& content, const std::filesystem::path& file) {
  const std::string schema = text_at(content, "schema");
  const std::string found = schema.empty() ? "it has no schema" : fmt::format("its schema is \"{}\"", schema);
  refuse("FILE", fmt::format("\"{}\"", file.string()),
         fmt::format("a run record with schema \"{}\" is wanted, and {}", run_schema, found));
}

RunRecord make_record(Json content, const std::filesystem::path& file) {
  std::string id = text_at(content, "id");
  std::string status = text_at(content, "status");
  return {file, std::move(id), std::move(status), std::move(content)};
}

void load_sweep_file(SweepRecords& sweep) {
  const std::filesystem::path file = sweep.folder / "sweep.json";
  if (!std::filesystem::is_regular_file(file)) return;
  Json spec = Json::parse(read_text(file, "results"), nullptr, /*allow_exceptions=*/false);
  if (!spec.is_object()) {
    sweep.warnings.push_back(std::string("sweep.json was passed over: it is not a JSON object"));
    return;
  }
  sweep.name = text_at(spec, "name", sweep.name);
  sweep.description = text_at(spec, "description");
  if (const Json* runs = value_at(spec, "runs"); runs != nullptr && runs->is_array()) {
    for (const Json& id : *runs) {
      if (id.is_string()) sweep.expected.push_back(id.get<std::string>());
    }
  }
  sweep.spec = std::move(spec);
}

void load_file(SweepRecords& sweep, const std::filesystem::path& file) {
  const std::string shown = file.lexically_relative(sweep.folder).string();
  Json content;
  try {
    content = Json::parse(read_text(file, "results"), nullptr, /*allow_exceptions=*/false);
  } catch (const RequestError& error) {
    sweep.warnings.push_back(fmt::format("{} was passed over: {}", shown, error.what()));
    return;
  }
  if (content.is_discarded()) {
    sweep.warnings.push_back(fmt::format("{} was passed over: it is not JSON", shown));
    return;
  }
  if (!is_run_record(content)) refuse_schema(content, file);
  if (const std::string problem = missing_field(content); !problem.empty()) {
    sweep.warnings.push_back(fmt::format("{} was passed over: {}", shown, problem));
    return;
  }
  sweep.runs.push_back(make_record(std::move(content), file));
}

std::set<std::filesystem::path> record_files(const std::filesystem::path& runs) {
  std::error_code error;
  std::set<std::filesystem::path> files;
  for (auto entry = std::filesystem::directory_iterator(runs, error); !error && entry != end(entry);
       entry.increment(error)) {
    if (entry->path().extension() == ".json") files.insert(entry->path());
  }
  if (error)
    refuse("results", fmt::format("\"{}\"", runs.string()), "the folder cannot be read: " + error.message());
  return files;
}

void flatten_into(std::map<std::string, Json>& settings, const std::string& prefix, const Json& value) {
  if (!value.is_object()) {
    settings[prefix] = value;
    return;
  }
  for (const auto& [key, member] : value.items()) {
    flatten_into(settings, prefix.empty() ? key : fmt::format("{}.{}", prefix, key), member);
  }
}

// The name of the part of the config that a setting belongs to ("adam" for "optimizer.beta1"); "" for a
// setting that is compared between all runs.
std::string scope_of(const std::string& path, const std::map<std::string, Json>& settings) {
  const std::size_t dot = path.find('.');
  if (dot == std::string::npos) return "";
  const std::string name_path = path.substr(0, dot) + ".name";
  if (path == name_path) return "";
  const auto name = settings.find(name_path);
  return name == settings.end() ? "" : setting_text(name->second);
}

Json setting_value(const std::map<std::string, Json>& settings, const std::string& path) {
  const auto found = settings.find(path);
  return found == settings.end() ? Json() : found->second;
}

// Names in the order in which the spec lists them, wherever it says "model" or "models".
void collect_model_names(const Json& node, bool in_model, std::vector<std::string>& names) {
  if (node.is_string() && in_model) {
    const std::string name = node.get<std::string>();
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  } else if (node.is_array()) {
    for (const Json& element : node) collect_model_names(element, in_model, names);
  } else if (node.is_object()) {
    for (const auto& [key, member] : node.items()) {
      const bool names_model =
          key == "model" || key == "models" || key == "model.name" || (in_model && key == "name");
      collect_model_names(member, names_model, names);
    }
  }
}

std::string cell_norm(const RunRecord& run) {
  return text_at(run.content, "config.norm.name");
}
std::string cell_model(const RunRecord& run) {
  return text_at(run.content, "config.model.name");
}
Index cell_batch_size(const RunRecord& run) {
  return run.content["config"]["batch_size"].get<Index>();
}

}  // namespace

const Json* value_at(const Json& object, std::string_view dotted_path) {
  const Json* node = &object;
  while (true) {
    const std::size_t dot = dotted_path.find('.');
    if (!node->is_object()) return nullptr;
    const auto member = node->find(std::string(dotted_path.substr(0, dot)));
    if (member == node->end()) return nullptr;
    node = &*member;
    if (dot == std::string_view::npos) return node;
    dotted_path.remove_prefix(dot + 1);
  }
}

std::optional<double> number_at(const Json& object, std::string_view dotted_path) {
  const Json* value = value_at(object, dotted_path);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  const double number = value->get<double>();
  return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

std::string text_at(const Json& object, std::string_view dotted_path, std::string_view otherwise) {
  const Json* value = value_at(object, dotted_path);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string(otherwise);
}

RunRecord parse_run_record(Json content, const std::filesystem::path& file) {
  if (!is_run_record(content)) refuse_schema(content, file);
  if (const std::string problem = missing_field(content); !problem.empty()) {
    refuse("FILE", fmt::format("\"{}\"", file.string()),
           fmt::format("a run record is wanted, and {}", problem));
  }
  return make_record(std::move(content), file);
}

RunRecord load_run_record(const std::filesystem::path& file) {
  Json content = Json::parse(read_text(file, "FILE"), nullptr, /*allow_exceptions=*/false);
  if (content.is_discarded()) {
    refuse("FILE", fmt::format("\"{}\"", file.string()), "a run record is wanted, and it is not JSON");
  }
  return parse_run_record(std::move(content), file);
}

SweepRecords load_sweep(const std::filesystem::path& folder) {
  std::error_code ignored;
  const std::string quoted = fmt::format("\"{}\"", folder.string());
  if (!std::filesystem::is_directory(folder, ignored)) refuse("results", quoted, "it is not a folder");
  const std::filesystem::path runs = folder / "runs";
  const bool has_runs = std::filesystem::is_directory(runs, ignored);
  if (!has_runs && !std::filesystem::is_regular_file(folder / "sweep.json", ignored)) {
    refuse("results", quoted, "a sweep's folder is wanted, with sweep.json and runs/ in it");
  }
  SweepRecords sweep;
  sweep.folder = folder;
  sweep.name = (folder / ".").lexically_normal().parent_path().filename().string();
  load_sweep_file(sweep);
  if (has_runs) {
    for (const auto& file : record_files(runs)) load_file(sweep, file);
  }
  return sweep;
}

std::map<std::string, Json> flatten_settings(const Json& config) {
  std::map<std::string, Json> settings;
  flatten_into(settings, "", config);
  return settings;
}

std::string setting_text(const Json& value) {
  if (value.is_null()) return "—";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

VaryingSettings find_varying_settings(const std::vector<RunRecord>& runs) {
  std::set<std::string> paths;
  std::vector<std::map<std::string, Json>> all;
  for (const RunRecord& run : runs) {
    all.push_back(flatten_settings(run.content["config"]));
    for (const auto& [path, value] : all.back()) paths.insert(path);
  }
  for (const std::string_view key : key_settings) paths.erase(std::string(key));

  VaryingSettings varying;
  for (const std::string& path : paths) {
    std::map<std::string, std::set<Json>> by_scope, by_model;
    for (const auto& settings : all) {
      const Json value = setting_value(settings, path);
      by_scope[scope_of(path, settings)].insert(value);
      by_model[setting_text(setting_value(settings, "model.name"))].insert(value);
    }
    const auto varies = [](const auto& group) { return group.second.size() > 1; };
    if (std::none_of(by_scope.begin(), by_scope.end(), varies)) continue;
    const bool within_model = std::any_of(by_model.begin(), by_model.end(), varies);
    (within_model ? varying.columns : varying.by_model).push_back(path);
  }
  return varying;
}

std::vector<Cell> group_into_cells(const SweepRecords& sweep, const VaryingSettings& varying) {
  std::vector<std::string> models;
  if (const Json* grid = value_at(sweep.spec, "grid")) collect_model_names(*grid, false, models);
  collect_model_names(sweep.spec, false, models);
  // Only what the order needs comes first; the names themselves settle what the orders do not know.
  using Key = std::tuple<std::size_t, std::string, std::size_t, std::string, Index, std::vector<Json>>;
  std::map<Key, Cell> cells;
  for (const RunRecord& run : sweep.runs) {
    const auto settings = flatten_settings(run.content["config"]);
    std::vector<Json> values;
    for (const std::string& path : varying.columns) values.push_back(setting_value(settings, path));
    const std::string model = cell_model(run), norm = cell_norm(run);
    const Index batch_size = cell_batch_size(run);
    Cell& cell = cells[{rank_in(models, model), model, rank_in(norm_order, norm), norm, batch_size, values}];
    if (cell.runs.empty()) {
      cell.model = model;
      cell.norm = norm;
      cell.batch_size = batch_size;
      cell.settings = values;
    }
    cell.runs.push_back(&run);
  }
  std::vector<Cell> ordered;
  for (auto& [key, cell] : cells) {
    std::stable_sort(cell.runs.begin(), cell.runs.end(), [](const RunRecord* a, const RunRecord* b) {
      return a->content["config"]["seed"] < b->content["config"]["seed"];
    });
    ordered.push_back(std::move(cell));
  }
  return ordered;
}

std::string with_blanks(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

}  // namespace normlab
