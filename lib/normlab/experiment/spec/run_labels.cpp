#include "normlab/experiment/spec/run_labels.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <set>
#include <tuple>

#include "normlab/experiment/config/config_json.h"

namespace normlab {
namespace {

constexpr std::array<const char*, 5> always = {"model.name", "norm.name", "batch_size", "seed",
                                               "optimizer.learning_rate"};
constexpr std::array<const char*, 5> always_header = {"model", "norm", "batch size", "seed", "learning rate"};

template <class Visit>
void for_each_setting(const Json& settings, const std::string& prefix, Visit&& visit) {
  for (const auto& item : settings.items()) {
    const std::string path = prefix + item.key();
    if (item.value().is_object()) {
      for_each_setting(item.value(), path + ".", visit);
    } else {
      visit(path, item.value());
    }
  }
}

// "adam" for "optimizer.beta1": that another optimizer has another beta1, or none, is no variation.
std::string part_name(const Json& config, const std::string& path) {
  const std::size_t dot = path.find('.');
  if (dot == std::string::npos) return "";
  const Json* name = find_setting(config, path.substr(0, dot) + ".name");
  return name == nullptr || path.substr(dot) == ".name" ? "" : name->get<std::string>();
}

std::string value_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_number_float() ? fmt::format("{:.6g}", value.get<double>()) : value.dump();
}

}  // namespace

RunLabels::RunLabels(const std::vector<SweepRun>& runs)
    : header_(always_header.begin(), always_header.end()) {
  std::map<std::tuple<std::string, std::string, std::string>, Json> first;
  std::set<std::string> varying;
  for (const SweepRun& run : runs) {
    const Json config = whole_json(run.config);
    const std::string model = find_setting(config, "model.name")->get<std::string>();
    for_each_setting(config, "", [&](const std::string& path, const Json& value) {
      const auto [entry, added] = first.try_emplace({path, model, part_name(config, path)}, value);
      if (!added && entry->second != value) varying.insert(path);
    });
  }
  for (std::size_t i = 0; i < always.size(); ++i) in_label_.push_back(i < 3 || varying.contains(always[i]));
  for (const char* path : always) varying.erase(path);
  header_.insert(header_.end(), varying.begin(), varying.end());
  in_label_.resize(header_.size(), true);
}

std::vector<std::string> RunLabels::settings(const SweepRun& run) const {
  const Json config = whole_json(run.config);
  std::vector<std::string> texts;
  texts.reserve(header_.size());
  for (std::size_t i = 0; i < header_.size(); ++i) {
    const Json* value = find_setting(config, i < always.size() ? always[i] : header_[i]);
    texts.push_back(value == nullptr ? "" : value_text(*value));
  }
  return texts;
}

std::string RunLabels::label(const SweepRun& run) const {
  const std::vector<std::string> texts = settings(run);
  std::string label = fmt::format("{} {}", texts[0], texts[1]);
  for (std::size_t i = 2; i < texts.size(); ++i) {
    if (in_label_[i] && !texts[i].empty()) label += fmt::format(", {} {}", header_[i], texts[i]);
  }
  return label;
}

}  // namespace normlab
