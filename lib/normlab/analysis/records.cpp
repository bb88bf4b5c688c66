#include "normlab/analysis/records.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <tuple>

#include "normlab/core/error.h"
#include "normlab/core/file.h"
#include "normlab/core/json.h"
#include "normlab/core/text.h"
#include "normlab/records/record_check.h"

namespace normlab {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 7> norm_order = {"none",  "batch",    "layer", "rms",
                                                        "group", "instance", "weight"};
constexpr std::array<std::string_view, 4> key_settings = {"model.name", "norm.name", "batch_size", "seed"};

std::size_t rank_of_norm(std::string_view name) {
  return static_cast<std::size_t>(std::find(norm_order.begin(), norm_order.end(), name) - norm_order.begin());
}

RunRecord make_record(json content, const std::filesystem::path& file) {
  std::string id = text_at(content, "id");
  std::string status = text_at(content, "status");
  return {file, std::move(id), std::move(status), std::move(content)};
}

void load_sweep_file(SweepRecords& sweep) {
  const std::filesystem::path file = sweep.folder / "sweep.json";
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return;
  json spec;
  try {
    spec = parse_sorted_json(read_text(file, "results", longest_json), "its text");
  } catch (const std::runtime_error& error) {
    sweep.warnings.push_back(fmt::format("sweep.json was passed over: {}", error.what()));
    return;
  }
  if (!spec.is_object()) {
    sweep.warnings.push_back(std::string("sweep.json was passed over: it is not a JSON object"));
    return;
  }
  sweep.name = text_at(spec, "name", sweep.name);
  sweep.description = text_at(spec, "description");
  if (const json* runs = value_at(spec, "runs"); runs != nullptr && runs->is_array()) {
    for (const json& id : *runs) {
      if (id.is_string()) sweep.expected.push_back(id.get<std::string>());
    }
  }
  sweep.spec = std::move(spec);
}

// Why the file of runs/ is not counted, or "".
std::string defect_in_sweep(const json& content, const std::filesystem::path& file,
                            const std::set<std::string>& expected) {
  if (std::string defect = record_defect(content); !defect.empty()) return defect;
  const std::string id = text_at(content, "id");
  if (file.filename() != id + ".json")
    return fmt::format("its id is {}, which is another file's name", quotation(id));
  if (!expected.empty() && !expected.contains(id)) return "sweep.json does not list its id";
  return "";
}

void load_file(SweepRecords& sweep, const std::filesystem::path& file,
               const std::set<std::string>& expected) {
  const std::string shown = shortened(file.lexically_relative(sweep.folder).string());
  std::string defect;
  try {
    json content = parse_sorted_json(read_text(file, "results", longest_json), "its text");
    defect = defect_in_sweep(content, file, expected);
    if (defect.empty()) sweep.runs.push_back(make_record(std::move(content), file));
  } catch (const std::runtime_error& error) {
    defect = error.what();
  }
  if (!defect.empty()) sweep.warnings.push_back(fmt::format("{} was passed over: {}", shown, defect));
}

std::set<std::filesystem::path> record_files(const std::filesystem::path& runs) {
  std::error_code error;
  std::set<std::filesystem::path> files;
  for (auto entry = std::filesystem::directory_iterator(runs, error); !error && entry != end(entry);
       entry.increment(error)) {
    if (entry->path().extension() == ".json") files.insert(entry->path());
  }
  if (error) refuse("results", quotation(runs.string()), "the folder cannot be read: " + error.message());
  return files;
}

void flatten_into(std::map<std::string, json>& settings, const std::string& prefix, const json& value) {
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
std::string scope_of(const std::string& path, const std::map<std::string, json>& settings) {
  const std::size_t dot = path.find('.');
  if (dot == std::string::npos) return "";
  const std::string name_path = path.substr(0, dot) + ".name";
  if (path == name_path) return "";
  const auto name = settings.find(name_path);
  return name == settings.end() ? "" : setting_text(name->second);
}

json setting_value(const std::map<std::string, json>& settings, const std::string& path) {
  const auto found = settings.find(path);
  return found == settings.end() ? json() : found->second;
}

// Names in the order in which the spec lists them, wherever it says "model" or "models".
using ModelRanks = std::map<std::string, std::size_t>;

void collect_model_ranks(const json& node, bool in_model, ModelRanks& ranks) {
  if (node.is_string() && in_model) {
    const std::size_t next = ranks.size();
    ranks.emplace(node.get<std::string>(), next);
  } else if (node.is_array()) {
    for (const json& element : node) collect_model_ranks(element, in_model, ranks);
  } else if (node.is_object()) {
    for (const auto& [key, member] : node.items()) {
      const bool names_model =
          key == "model" || key == "models" || key == "model.name" || (in_model && key == "name");
      collect_model_ranks(member, names_model, ranks);
    }
  }
}

std::size_t rank_of_model(const ModelRanks& ranks, const std::string& name) {
  const auto found = ranks.find(name);
  return found == ranks.end() ? ranks.size() : found->second;
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

// The folder itself, also where it was written as "runs/".
std::filesystem::path without_trailing_slash(const std::filesystem::path& folder) {
  return (folder / ".").lexically_normal().parent_path();
}

// For the runs/ of a sweep's folder, that folder.
std::string sweep_suggestion(const std::filesystem::path& folder) {
  const std::filesystem::path runs = without_trailing_slash(folder);
  if (runs.filename() != "runs") return "";
  const std::filesystem::path sweep = runs.has_parent_path() ? runs.parent_path() : ".";
  return fmt::format(" (did you mean {}?)", quotation(sweep.string()));
}

}  // namespace

std::optional<double> number_at(const json& object, std::string_view dotted_path) {
  const json* value = value_at(object, dotted_path);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  const double number = value->get<double>();
  return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

std::string text_at(const json& object, std::string_view dotted_path, std::string_view otherwise) {
  const json* value = value_at(object, dotted_path);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string(otherwise);
}

RunRecord parse_run_record(json content, const std::filesystem::path& file) {
  if (const std::string defect = record_defect(content); !defect.empty()) {
    refuse("FILE", quotation(file.string()), fmt::format("a run record is wanted, and {}", defect));
  }
  return make_record(std::move(content), file);
}

RunRecord load_run_record(const std::filesystem::path& file) {
  return parse_run_record(read_sorted_json(file, "FILE"), file);
}

SweepRecords load_sweep(const std::filesystem::path& folder) {
  std::error_code ignored;
  const std::string quoted = fmt::format("\"{}\"", folder.string());
  if (!std::filesystem::is_directory(folder, ignored)) refuse("results", quoted, "it is not a folder");
  const std::filesystem::path runs = folder / "runs";
  const bool has_runs = std::filesystem::is_directory(runs, ignored);
  if (!has_runs && !std::filesystem::is_regular_file(folder / "sweep.json", ignored)) {
    refuse("results", quoted,
           "a sweep's folder is wanted, with sweep.json and runs/ in it" + sweep_suggestion(folder));
  }
  SweepRecords sweep;
  sweep.folder = folder;
  sweep.name = without_trailing_slash(folder).filename().string();
  load_sweep_file(sweep);
  if (has_runs) {
    const std::set<std::string> expected(sweep.expected.begin(), sweep.expected.end());
    for (const auto& file : record_files(runs)) load_file(sweep, file, expected);
  }
  return sweep;
}

std::map<std::string, json> flatten_settings(const json& config) {
  std::map<std::string, json> settings;
  flatten_into(settings, "", config);
  return settings;
}

std::string setting_text(const json& value) {
  if (value.is_null()) return "—";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

VaryingSettings find_varying_settings(const std::vector<RunRecord>& runs) {
  std::set<std::string> paths;
  std::vector<std::map<std::string, json>> all;
  for (const RunRecord& run : runs) {
    all.push_back(flatten_settings(run.content["config"]));
    for (const auto& [path, value] : all.back()) paths.insert(path);
  }
  for (const std::string_view key : key_settings) paths.erase(std::string(key));

  VaryingSettings varying;
  for (const std::string& path : paths) {
    std::map<std::string, std::set<json>> by_scope, by_model;
    for (const auto& settings : all) {
      const json value = setting_value(settings, path);
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
  ModelRanks models;
  if (const json* grid = value_at(sweep.spec, "grid")) collect_model_ranks(*grid, false, models);
  collect_model_ranks(sweep.spec, false, models);
  // Only what the order needs comes first; the names themselves settle what the orders do not know.
  using Key = std::tuple<std::size_t, std::string, std::size_t, std::string, Index, std::vector<json>>;
  std::map<Key, Cell> cells;
  for (const RunRecord& run : sweep.runs) {
    const auto settings = flatten_settings(run.content["config"]);
    std::vector<json> values;
    for (const std::string& path : varying.columns) values.push_back(setting_value(settings, path));
    const std::string model = cell_model(run), norm = cell_norm(run);
    const Index batch_size = cell_batch_size(run);
    Cell& cell = cells[{rank_of_model(models, model), model, rank_of_norm(norm), norm, batch_size, values}];
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

std::string shortened_sentence(std::string_view text) {
  constexpr std::size_t longest = 400;  // bytes; several times what normlab writes
  if (text.size() <= longest) return printable(text);
  std::size_t end = longest;
  while (end > longest - 4 && (text[end] & 0xc0) == 0x80) --end;  // not within a character
  return printable(text.substr(0, end)) + "...";
}

std::string with_blanks(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

}  // namespace normlab
