#include "normlab/experiment/config_json.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "normlab/core/error.h"
#include "normlab/core/nearest_name.h"
#include "normlab/core/text.h"
#include "normlab/data/registry.h"
#include "normlab/experiment/cores.h"
#include "normlab/nn/norm_traits.h"
#include "normlab/records/run_id.h"
#include "normlab/tasks/registry.h"

namespace normlab {
namespace {

using Names = std::vector<std::string>;

// Each list is in the order of its enumeration.
const Names model_names{"mlp", "rnn", "lstm", "gru", "cnn"};
const Names activation_names{"identity", "relu", "tanh", "gelu"};
const Names sequence_input_names{"rows", "pixels"};
const Names init_names{"standard", "glorot", "he", "torch"};
const Names optimizer_names{"sgd", "momentum", "adam", "adamw"};
const Names schedule_names{"constant", "step", "cosine"};
const Names tracking_names{"none", "layers"};
const Names dataset_names{"fashion-mnist", "mnist", "idx", "text", "synthetic"};
const Names text_unit_names{"character", "byte"};
const Names mlp_presets{"paper"}, cnn_presets{"vgg"};
const Names flag_values{"true", "false"};
const Names no_names;

constexpr double infinity = std::numeric_limits<double>::infinity();

// An interval of allowed numbers, and the words for it.
struct Range {
  double low = 0, high = infinity;
  bool with_low = true, with_high = false;
  const char* words = "";
  bool single = false;  // computed with in single precision, where it must hold as well

  bool holds(double x) const {
    return within(x) && (!single || (is_normal(x) && within(static_cast<float>(x))));
  }

 private:
  bool within(double x) const {
    return std::isfinite(x) && (with_low ? x >= low : x > low) && (with_high ? x <= high : x < high);
  }
  // Smaller numbers than the normal ones count as zero while a network trains.
  static bool is_normal(double x) {
    const double size = std::abs(x);
    return size == 0 ||
           (size >= std::numeric_limits<float>::min() && size <= std::numeric_limits<float>::max());
  }
};

constexpr Range positive{0, infinity, false, false, "a finite number above 0 is"};
constexpr Range open_unit{0, 1, false, false, "a number above 0 and below 1 is"};
constexpr Range above_zero_to_one{0, 1, false, true, "a number above 0 and at most 1 is"};
constexpr Range unit{0, 1, true, true, "a number from 0 to 1 is"};
constexpr Range positive_single{
    0, infinity, false, false, "a finite number above 0 in single precision, 1.2e-38 to 3.4e38, is", true};
constexpr Range not_negative_single{
    0,   infinity, true, false, "0, or a finite number above 0 in single precision, 1.2e-38 to 3.4e38, is",
    true};
constexpr Range half_open_unit_single{
    0, 1, true, false, "a number of at least 0 and below 1 in single precision is", true};
constexpr Range above_zero_to_one_single{
    0, 1, false, true, "a number above 0 in single precision, 1.2e-38, and at most 1 is", true};

constexpr Index largest_size = Index{1} << 40;

std::string join_path(std::string_view parent, std::string_view key) {
  return parent.empty() ? std::string(key) : fmt::format("{}.{}", parent, key);
}

[[noreturn]] void refuse_value(std::string_view path, const Json& value, std::string_view allowed) {
  refuse(path, shown(value), allowed);
}

double read_number(const Json& value, std::string_view path, const Range& range) {
  const double x = value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN();
  if (!range.holds(x)) refuse_value(path, value, range.words);
  return x == 0 ? 0 : x;  // -0.0 is the same setting as 0, and has the same id
}

// 1e4 counts as an integer, too.
Index read_integer(const Json& value, std::string_view path, Index low, Index high = largest_size) {
  const double x = value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN();
  if (!(x >= static_cast<double>(low) && x <= static_cast<double>(high)) || x != std::floor(x)) {
    refuse_value(path, value, fmt::format("an integer from {} to {} is", low, high));
  }
  return value.is_number_integer() ? value.get<Index>() : static_cast<Index>(x);
}

std::string read_string(const Json& value, std::string_view path, std::string_view allowed) {
  if (!value.is_string()) refuse_value(path, value, allowed);
  return value.get<std::string>();
}

std::size_t read_name(const Json& value, std::string_view path, const Names& known) {
  const std::string allowed = fmt::format("one of {} is", fmt::join(known, ", "));
  // Among the names may be true and false themselves.
  const std::string name = value.is_boolean() && std::ranges::find(known, value.dump()) != known.end()
                               ? value.dump()
                               : read_string(value, path, allowed);
  const auto found = std::find(known.begin(), known.end(), name);
  if (found == known.end()) refuse_name(path, name, known);
  return static_cast<std::size_t>(found - known.begin());
}

std::vector<Index> read_sizes(const Json& value, std::string_view path, bool may_be_empty) {
  if (!value.is_array() || (value.empty() && !may_be_empty)) {
    refuse_value(path, value, "a list of integers of at least 1, such as [256, 256], is");
  }
  std::vector<Index> sizes;
  for (std::size_t i = 0; i < value.size(); ++i) {
    sizes.push_back(read_integer(value[i], fmt::format("{}[{}]", path, i), 1));
  }
  return sizes;
}

// What reading comes across, for those who ask.
struct Notes {
  std::vector<SettingDescription> described;  // all that is looked for
  std::vector<std::string> unknown;           // what is said and not looked for, which is then no error
};

// Reads the settings of one object. Every key that is asked for counts as known; refuse_others() then refuses
// the rest.
class Reader {
 public:
  // `shorthand`: the object was a plain name, so a refusal of the name says "norm" and not "norm.name".
  Reader(const Json& object, std::string path, bool shorthand = false, Notes* notes = nullptr)
      : object_(object), path_(std::move(path)), shorthand_(shorthand), notes_(notes) {
    if (!object.is_object()) refuse_value(path_.empty() ? "config" : path_, object, "an object is");
  }

  // `choices`: the names that the setting chooses from.
  const Json* find(const char* key, const Names& choices = no_names) {
    known_.emplace_back(key);
    if (notes_ != nullptr) notes_->described.push_back({join_path(path_, key), choices});
    const auto found = object_.find(key);
    return found == object_.end() ? nullptr : &*found;
  }
  bool says(const char* key) const { return object_.contains(key); }
  std::string path(const char* key) const { return shorthand_ ? path_ : join_path(path_, key); }
  Notes* notes() const { return notes_; }

  template <class Enumeration>
  void name(const char* key, Enumeration& kind, const Names& names) {
    const Json* value = find(key, names);
    if (value != nullptr) kind = static_cast<Enumeration>(read_name(*value, path(key), names));
  }
  template <class Enumeration>
  void name_unless(const char* key, Enumeration& kind, const Names& names, Enumeration) {
    name(key, kind, names);
  }
  void number(const char* key, double& x, const Range& range) {
    if (const Json* value = find(key)) x = read_number(*value, path(key), range);
  }
  void integer(const char* key, Index& x, Index low) {
    if (const Json* value = find(key)) x = read_integer(*value, path(key), low);
  }
  void limit(const char* key, Index& x) { integer(key, x, 0); }
  void flag(const char* key, bool& x) {
    const Json* value = find(key, flag_values);
    if (value == nullptr) return;
    if (!value->is_boolean()) refuse_value(path(key), *value, "true or false is");
    x = value->get<bool>();
  }
  void sizes(const char* key, std::vector<Index>& x, bool may_be_empty) {
    if (const Json* value = find(key)) x = read_sizes(*value, path(key), may_be_empty);
  }
  void size_lists(const char* key, std::vector<std::vector<Index>>& x) {
    const Json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_array() || value->empty()) {
      refuse_value(path(key), *value, "a list of blocks, such as [[32], [64, 64]], is");
    }
    x.clear();
    for (std::size_t i = 0; i < value->size(); ++i) {
      x.push_back(read_sizes((*value)[i], fmt::format("{}[{}]", path(key), i), false));
    }
  }

  // `owner` is what has the settings ("lstm"), or "" for the config itself.
  void refuse_others(std::string_view owner) const {
    for (const auto& item : object_.items()) {
      if (std::find(known_.begin(), known_.end(), item.key()) != known_.end()) continue;
      if (notes_ != nullptr) {
        notes_->unknown.push_back(join_path(path_, item.key()));
        continue;
      }
      const std::string within = path_.empty() ? setting_within_object(item.key()) : "";
      const std::string nearest = within.empty() ? nearest_name(item.key(), known_) : within;
      throw RequestError(fmt::format(
          "{}: unknown setting{}; known are {}{}.", shortened(join_path(path_, item.key())),
          owner.empty() ? "" : fmt::format(" of {}", owner), fmt::join(known_, ", "),
          nearest.empty() ? "" : fmt::format(" (did you mean \"{}\"?)", join_path(path_, nearest))));
    }
  }

 private:
  const Json& object_;
  std::string path_;
  bool shorthand_;
  Notes* notes_;
  Names known_;
};

// Writes the settings of one object; the counterpart of Reader, so that one description serves both ways.
class Writer {
 public:
  template <class Enumeration>
  void name(const char* key, Enumeration& kind, const Names& names) {
    const std::string& name = names[static_cast<std::size_t>(kind)];
    object_[key] = name == "true" || name == "false" ? Json(name == "true") : Json(name);
  }
  // A setting that is younger than its object is left out at its default, so that runs keep their ids.
  template <class Enumeration>
  void name_unless(const char* key, Enumeration& kind, const Names& names, Enumeration fallback) {
    if (kind != fallback) name(key, kind, names);
  }
  void number(const char* key, double& x, const Range&) { object_[key] = x; }
  void integer(const char* key, Index& x, Index) { object_[key] = x; }
  // Written where it limits something, so that configs without it keep their identity.
  void limit(const char* key, Index& x) {
    if (x != 0) object_[key] = x;
  }
  void flag(const char* key, bool& x) { object_[key] = x; }
  void sizes(const char* key, std::vector<Index>& x, bool) { object_[key] = x; }
  void size_lists(const char* key, std::vector<std::vector<Index>>& x) { object_[key] = x; }

  Json& object() { return object_; }

 private:
  Json object_ = Json::object();
};

// The settings of each object after its name, in the order of the format document. `Visitor` is Reader or
// Writer.

template <class Visitor>
void visit_dataset(Visitor& visitor, DatasetSpec& dataset) {
  visitor.integer("train_limit", dataset.train_limit, 0);
  visitor.number("validation_fraction", dataset.validation_fraction, open_unit);
  visitor.limit("validation_limit", dataset.validation_limit);
  visitor.limit("test_limit", dataset.test_limit);
  if (is_text(dataset)) {
    visitor.name_unless("unit", dataset.unit, text_unit_names, TextUnit::character);
    return;
  }
  visitor.flag("shuffle", dataset.shuffle);
  visitor.flag("standardize", dataset.standardize);
}

template <class Visitor>
void visit_model(Visitor& visitor, ModelSpec& model, bool text) {
  if (model.kind == ModelKind::mlp) visitor.sizes("hidden", model.hidden, false);
  if (model.kind == ModelKind::cnn) {
    visitor.size_lists("blocks", model.blocks);
    visitor.sizes("dense", model.dense, true);
  }
  if (!is_recurrent(model.kind)) {
    visitor.name("activation", model.activation, activation_names);
    return;
  }
  visitor.integer("layers", model.layers, 1);
  visitor.integer("hidden_size", model.hidden_size, 1);
  visitor.flag("bidirectional", model.bidirectional);
  if (text) {
    visitor.integer("embedding", model.embedding, 1);
    visitor.integer("window", model.window, 1);
  } else {
    visitor.name("input", model.input, sequence_input_names);
  }
}

template <class Visitor>
void visit_norm(Visitor& visitor, NormSpec& norm) {
  const NormTraits& t = traits(norm.kind);
  if (t.takes_statistics()) visitor.number("epsilon", norm.epsilon, positive_single);
  if (t.statistics == Statistics::channel)
    visitor.number("momentum", norm.momentum, above_zero_to_one_single);
  if (t.groups == Groups::as_set) visitor.integer("groups", norm.groups, 1);
  if (t.statistics == Statistics::learned) visitor.number("alpha", norm.alpha, positive_single);
  if (t.normalizes()) visitor.name_unless("affine", norm.affine, affine_names(), Affine::all);
  if (!t.has_bias && norm.affine == Affine::gain) norm.affine = Affine::all;  // one meaning, one id
}

template <class Visitor>
void visit_init(Visitor& visitor, InitSpec& init) {
  visitor.number("scale", init.scale, positive_single);
}

template <class Visitor>
void visit_optimizer(Visitor& visitor, OptimizerSpec& optimizer) {
  visitor.number("learning_rate", optimizer.learning_rate, positive_single);
  if (optimizer.kind == OptimizerKind::momentum) {
    visitor.number("momentum", optimizer.momentum, half_open_unit_single);
    visitor.flag("nesterov", optimizer.nesterov);
  }
  if (optimizer.kind == OptimizerKind::adam || optimizer.kind == OptimizerKind::adamw) {
    visitor.number("beta1", optimizer.beta1, half_open_unit_single);
    visitor.number("beta2", optimizer.beta2, half_open_unit_single);
    visitor.number("epsilon", optimizer.epsilon, positive_single);
  }
  visitor.number("weight_decay", optimizer.weight_decay, not_negative_single);
}

template <class Visitor>
void visit_schedule(Visitor& visitor, ScheduleSpec& schedule) {
  visitor.integer("warmup_steps", schedule.warmup_steps, 0);
  if (schedule.kind == ScheduleKind::step) {
    visitor.number("step_epochs", schedule.step_epochs, positive);
    visitor.number("factor", schedule.factor, above_zero_to_one);
  }
  if (schedule.kind == ScheduleKind::cosine) visitor.number("final_factor", schedule.final_factor, unit);
}

// The settings of the config itself that are neither objects nor need words of their own.
template <class Visitor>
void visit_plain(Visitor& visitor, RunConfig& config) {
  visitor.number("clip_gradient_norm", config.clip_gradient_norm, not_negative_single);
  visitor.integer("batch_size", config.batch_size, 1);
  visitor.flag("keep_training", config.keep_training);
  visitor.name("track", config.track, tracking_names);
}

// {"name": "lstm"} for "lstm".
Json as_object(const Json& value) {
  return value.is_string() ? Json{{"name", value}} : value;
}

// Reads the object at `key`, or nothing when it is absent. `body(reader)` reads the name first, and returns
// what owns the settings, for refusals.
template <class Body>
void read_object(Reader& parent, const char* key, Body&& body) {
  const Json* value = parent.find(key);
  if (value == nullptr) return;
  const Json object = as_object(*value);
  if (!object.is_object()) refuse_value(parent.path(key), *value, "a name or an object is");
  Reader reader(object, parent.path(key), value->is_string(), parent.notes());
  const std::string owner = body(reader);
  reader.refuse_others(owner);
}

// "name" may carry the path ("idx:DIR"), as on the command line.
DatasetSpec read_dataset_name(Reader& reader) {
  DatasetSpec fallback;
  const Json* name = reader.find("name", dataset_names);
  const Json* path = reader.find("path");
  if (name == nullptr && path == nullptr) return fallback;
  std::string text = name == nullptr ? dataset_name(fallback)
                                     : read_string(*name, reader.path("name"), "the name of a data set is");
  if (path != nullptr) {
    if (text != "idx" && text != "text") {
      refuse_value(reader.path("path"), *path, fmt::format("{} has no path, only idx and text have", text));
    }
    text += ":" + read_string(*path, reader.path("path"), "the path of a file or folder is");
  }
  return parse_dataset(text);
}

std::string bare_dataset_name(const DatasetSpec& dataset) {
  const std::string name = dataset_name(dataset);
  return name.substr(0, name.find(':'));
}

void read_dataset(Reader& parent, DatasetSpec& dataset) {
  read_object(parent, "dataset", [&](Reader& reader) {
    const bool standardize = dataset.standardize;
    dataset = read_dataset_name(reader);
    dataset.standardize = standardize && !is_text(dataset);
    visit_dataset(reader, dataset);
    return bare_dataset_name(dataset);
  });
}

// The data set's defaults depend on the model, whose settings depend on the data set; so its name is looked
// at first.
bool names_recurrent_model(const Json& settings) {
  const auto model = settings.find("model");
  if (model == settings.end()) return false;
  const Json object = as_object(*model);
  const auto name = object.is_object() ? object.find("name") : object.end();
  return name != object.end() && (*name == "rnn" || *name == "lstm" || *name == "gru");
}

const Names& presets_of(ModelKind kind) {
  if (kind == ModelKind::mlp) return mlp_presets;
  return kind == ModelKind::cnn ? cnn_presets : no_names;
}

void apply_preset(const Json& preset, std::string_view path, ModelSpec& model) {
  const Names& known = presets_of(model.kind);
  if (known.empty()) {
    refuse_value(path, preset,
                 fmt::format("{} has no presets, only mlp (paper) and cnn (vgg) have",
                             model_names[static_cast<std::size_t>(model.kind)]));
  }
  read_name(preset, path, known);
  if (model.kind == ModelKind::mlp) {
    model.hidden = {1000, 1000};
  } else {
    model.blocks = {{64, 64}, {128, 128}, {256, 256, 256}};
    model.dense = {512};
  }
}

void read_model(Reader& parent, ModelSpec& model, bool text) {
  read_object(parent, "model", [&](Reader& reader) {
    reader.name("name", model.kind, model_names);
    const Names& presets = presets_of(model.kind);
    // Where there are none, "preset" is no setting, and refused in words of its own.
    const bool looks = !presets.empty() || reader.says("preset");
    const Json* preset = looks ? reader.find("preset", presets) : nullptr;
    if (preset != nullptr) apply_preset(*preset, reader.path("preset"), model);
    visit_model(reader, model, text);
    return model_names[static_cast<std::size_t>(model.kind)];
  });
}

// Learning rates and weight decay whose defaults depend on the rule; the others train badly at 1e-3.
void apply_optimizer_defaults(OptimizerSpec& optimizer) {
  if (optimizer.kind == OptimizerKind::sgd) optimizer.learning_rate = 0.1;
  if (optimizer.kind == OptimizerKind::momentum) optimizer.learning_rate = 0.01;
  if (optimizer.kind == OptimizerKind::adamw) optimizer.weight_decay = 0.01;
}

void read_evaluate_every(Reader& parent, EvaluationInterval& interval) {
  const Json* value = parent.find("evaluate_every");
  if (value == nullptr) return;
  if (!value->is_object()) {
    interval.epochs = read_number(*value, "evaluate_every", positive);
    return;
  }
  Reader reader(*value, "evaluate_every", /*shorthand=*/false, parent.notes());
  reader.number("epochs", interval.epochs, positive);
  reader.integer("steps", interval.steps, 1);
  reader.refuse_others("");
  if (value->size() != 1) refuse_value("evaluate_every", *value, "either epochs or steps is");
  if (interval.steps > 0) interval.epochs = 0;
}

// Saying any limit replaces the default one.
void read_budget(Reader& parent, Budget& budget) {
  const Json* value = parent.find("budget");
  if (value == nullptr) return;
  budget = Budget{};
  if (!value->is_object()) {
    budget.epochs = read_number(*value, "budget", positive);
    return;
  }
  Reader reader(*value, "budget", /*shorthand=*/false, parent.notes());
  reader.number("epochs", budget.epochs, positive);
  reader.integer("steps", budget.steps, 1);
  reader.number("seconds", budget.seconds, positive);
  reader.refuse_others("");
  if (value->empty()) refuse_value("budget", *value, "at least one of epochs, steps and seconds is");
}

void read_seed(Reader& parent, std::uint64_t& seed) {
  const Json* value = parent.find("seed");
  if (value == nullptr) return;
  if (value->is_number_unsigned()) {
    seed = value->get<std::uint64_t>();
    return;
  }
  // As a floating-point number, an integer is exact up to here.
  constexpr double exact = 9007199254740992;  // 2^53
  const double x = value->is_number() ? value->get<double>() : -1;
  if (!(x >= 0 && x <= exact) || x != std::floor(x)) {
    refuse_value("seed", *value,
                 fmt::format("an integer from 0 to {} is", std::numeric_limits<std::uint64_t>::max()));
  }
  seed = static_cast<std::uint64_t>(x);
}

void read_threads(Reader& parent, int& threads) {
  const Json* value = parent.find("threads");
  if (value == nullptr) return;
  threads =
      static_cast<int>(read_integer(*value, "threads", 1, static_cast<Index>(available_cores().size())));
}

void read_target(Reader& parent, std::optional<Target>& target, const std::vector<Metric>& metrics) {
  const Json* value = parent.find("target");
  if (value == nullptr || value->is_null()) return;
  target = parse_target(
      read_string(*value, "target", "a condition such as \"validation.error<=0.12\", or null, is"), metrics);
}

void read_initial_parameters(Reader& parent, std::string& file) {
  const Json* value = parent.find("initial_parameters");
  if (value == nullptr || value->is_null()) return;
  file = read_string(*value, "initial_parameters", "the path of a safetensors file, or null, is");
  if (file.empty()) refuse_value("initial_parameters", *value, "the path of a safetensors file, or null, is");
}

Json dataset_json(DatasetSpec dataset) {
  Writer writer;
  writer.object()["name"] = bare_dataset_name(dataset);
  if (!dataset.path.empty()) writer.object()["path"] = dataset.path;
  visit_dataset(writer, dataset);
  return writer.object();
}

template <class Enumeration, class Visit>
Json named_json(Enumeration kind, const Names& names, Visit&& visit) {
  Writer writer;
  writer.name("name", kind, names);
  visit(writer);
  return writer.object();
}

Json evaluate_every_json(const EvaluationInterval& interval) {
  return interval.steps > 0 ? Json{{"steps", interval.steps}} : Json{{"epochs", interval.epochs}};
}

Json budget_json(const Budget& budget) {
  Json object = Json::object();
  if (budget.epochs > 0) object["epochs"] = budget.epochs;
  if (budget.steps > 0) object["steps"] = budget.steps;
  if (budget.seconds > 0) object["seconds"] = budget.seconds;
  return object;
}

RunConfig resolve_with(Reader& reader, const Json& settings) {
  RunConfig config;
  config.dataset.standardize = names_recurrent_model(settings);
  read_dataset(reader, config.dataset);
  const bool text = task_of(config.dataset).reads(input::tokens);
  read_model(reader, config.model, text);
  if (is_recurrent(config.model.kind)) config.clip_gradient_norm = 1;
  read_object(reader, "norm", [&](Reader& norm) {
    norm.name("name", config.norm.kind, norm_names());
    visit_norm(norm, config.norm);
    return traits(config.norm.kind).name;
  });
  read_object(reader, "init", [&](Reader& init) {
    init.name("name", config.init.scheme, init_names);
    visit_init(init, config.init);
    return init_names[static_cast<std::size_t>(config.init.scheme)];
  });
  read_object(reader, "optimizer", [&](Reader& optimizer) {
    optimizer.name("name", config.optimizer.kind, optimizer_names);
    apply_optimizer_defaults(config.optimizer);
    visit_optimizer(optimizer, config.optimizer);
    return optimizer_names[static_cast<std::size_t>(config.optimizer.kind)];
  });
  read_object(reader, "schedule", [&](Reader& schedule) {
    schedule.name("name", config.schedule.kind, schedule_names);
    visit_schedule(schedule, config.schedule);
    return schedule_names[static_cast<std::size_t>(config.schedule.kind)];
  });
  visit_plain(reader, config);
  read_seed(reader, config.seed);
  read_target(reader, config.target, task_of(config.dataset).metrics);
  read_evaluate_every(reader, config.evaluate_every);
  read_budget(reader, config.budget);
  read_threads(reader, config.threads);
  read_initial_parameters(reader, config.initial_parameters);
  reader.refuse_others("");
  return config;
}

}  // namespace

RunConfig resolve(const Json& settings) {
  Reader reader(settings, "");
  return resolve_with(reader, settings);
}

std::vector<SettingDescription> settings_of(const Json& settings) {
  Notes notes;
  Reader reader(settings, "", /*shorthand=*/false, &notes);
  resolve_with(reader, settings);
  return notes.described;
}

std::vector<std::string> unknown_settings(const Json& settings) {
  Notes notes;
  Reader reader(settings, "", /*shorthand=*/false, &notes);
  resolve_with(reader, settings);
  return notes.unknown;
}

Json to_json(const RunConfig& original) {
  RunConfig config = original;
  const bool text = task_of(config.dataset).reads(input::tokens);
  Json json = Json::object();
  json["dataset"] = dataset_json(config.dataset);
  json["model"] = named_json(config.model.kind, model_names,
                             [&](Writer& writer) { visit_model(writer, config.model, text); });
  json["norm"] =
      named_json(config.norm.kind, norm_names(), [&](Writer& writer) { visit_norm(writer, config.norm); });
  json["init"] =
      named_json(config.init.scheme, init_names, [&](Writer& writer) { visit_init(writer, config.init); });
  json["optimizer"] = named_json(config.optimizer.kind, optimizer_names,
                                 [&](Writer& writer) { visit_optimizer(writer, config.optimizer); });
  json["schedule"] = named_json(config.schedule.kind, schedule_names,
                                [&](Writer& writer) { visit_schedule(writer, config.schedule); });
  Writer plain;
  visit_plain(plain, config);
  json.update(plain.object());
  json["seed"] = config.seed;
  json["target"] = config.target ? Json(config.target->text()) : Json(nullptr);
  json["evaluate_every"] = evaluate_every_json(config.evaluate_every);
  json["budget"] = budget_json(config.budget);
  json["threads"] = config.threads;
  json["initial_parameters"] =
      config.initial_parameters.empty() ? Json(nullptr) : Json(config.initial_parameters);
  return json;
}

std::string run_id(const RunConfig& config) {
  return id_of_config(to_json(config));
}

const std::vector<std::string>& setting_choices(std::string_view path) {
  static const std::map<std::string_view, const Names*> choices{{"model", &model_names},
                                                                {"norm", &norm_names()},
                                                                {"dataset", &dataset_names},
                                                                {"dataset.unit", &text_unit_names},
                                                                {"init", &init_names},
                                                                {"optimizer", &optimizer_names},
                                                                {"schedule", &schedule_names},
                                                                {"track", &tracking_names},
                                                                {"model.activation", &activation_names},
                                                                {"model.input", &sequence_input_names}};
  const auto found = choices.find(path);
  return found == choices.end() ? no_names : *found->second;
}

std::string setting_within_object(const std::string& name) {
  static const std::map<std::string, std::string> paths{{"lr", "optimizer.learning_rate"},
                                                        {"learning_rate", "optimizer.learning_rate"},
                                                        {"momentum", "optimizer.momentum"},
                                                        {"beta1", "optimizer.beta1"},
                                                        {"beta2", "optimizer.beta2"},
                                                        {"weight_decay", "optimizer.weight_decay"},
                                                        {"wd", "optimizer.weight_decay"},
                                                        {"epsilon", "norm.epsilon"},
                                                        {"groups", "norm.groups"},
                                                        {"affine", "norm.affine"},
                                                        {"alpha", "norm.alpha"},
                                                        {"epochs", "budget.epochs"},
                                                        {"steps", "budget.steps"},
                                                        {"seconds", "budget.seconds"},
                                                        {"hidden", "model.hidden"},
                                                        {"hidden_size", "model.hidden_size"},
                                                        {"layers", "model.layers"},
                                                        {"num_layers", "model.layers"},
                                                        {"activation", "model.activation"},
                                                        {"window", "model.window"},
                                                        {"train_limit", "dataset.train_limit"},
                                                        {"validation_limit", "dataset.validation_limit"},
                                                        {"test_limit", "dataset.test_limit"},
                                                        {"warmup_steps", "schedule.warmup_steps"}};
  const auto found = paths.find(name);
  return found == paths.end() ? "" : found->second;
}

}  // namespace normlab
