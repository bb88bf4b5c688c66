#include "normlab/nn/norm_traits.h"

#include <fmt/format.h>

#include <array>

namespace normlab {
namespace {

// In the order of the enumeration.
constexpr std::array<NormTraits, 7> norm_table{{
    // name, statistics, groups, centred, on weights, recurrent, where one value makes the statistics
    {"none", Statistics::none, Groups::one, true, false, true, nullptr},
    {"batch", Statistics::channel, Groups::one, true, false, true, "for a batch of one sample"},
    {"layer", Statistics::group, Groups::one, true, false, true, "for a single feature"},
    {"rms", Statistics::group, Groups::one, false, false, true, nullptr},
    {"group", Statistics::group, Groups::as_set, true, false, false,
     "for one feature per group ({channels} features, {groups} groups)"},
    {"instance", Statistics::group, Groups::one_a_channel, true, false, false,
     "on vectors: it needs several positions per channel"},
    {"weight", Statistics::none, Groups::one, true, true, true, nullptr},
}};

std::string not_defined(const NormTraits& norm, const std::string& where) {
  return fmt::format("{} norm is not defined {}", norm.name, where);
}

std::string not_defined_for_one_value(const NormSpec& norm, Index channels) {
  const NormTraits& t = traits(norm.kind);
  return not_defined(t, fmt::format(fmt::runtime(t.one_value), fmt::arg("channels", channels),
                                    fmt::arg("groups", norm.groups)));
}

}  // namespace

const NormTraits& traits(Norm norm) {
  return norm_table[static_cast<std::size_t>(norm)];
}

const std::vector<Norm>& all_norms() {
  static const std::vector<Norm> norms = [] {
    std::vector<Norm> all;
    all.reserve(norm_table.size());
    for (std::size_t i = 0; i < norm_table.size(); ++i) all.push_back(static_cast<Norm>(i));
    return all;
  }();
  return norms;
}

const std::vector<std::string>& norm_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    all.reserve(norm_table.size());
    for (const NormTraits& norm : norm_table) all.emplace_back(norm.name);
    return all;
  }();
  return names;
}

Index group_count(const NormSpec& norm, Index channels) {
  switch (traits(norm.kind).groups) {
    case Groups::as_set:
      return norm.groups;
    case Groups::one_a_channel:
      return channels;
    case Groups::one:
      break;
  }
  return 1;
}

std::optional<std::string> undefined_reason(const NormSpec& norm, const NormGeometry& geometry) {
  const NormTraits& t = traits(norm.kind);
  const Index channels = geometry.channels;
  if (t.statistics == Statistics::channel && geometry.batch < 2)
    return not_defined_for_one_value(norm, channels);
  if (t.statistics != Statistics::group) return std::nullopt;
  const Index groups = group_count(norm, channels);
  if (groups < 1 || channels % groups != 0) {
    return not_defined(t,
                       fmt::format("where {} channels do not divide into {} equal groups", channels, groups));
  }
  if (t.one_value != nullptr && geometry.positions * channels / groups < 2)
    return not_defined_for_one_value(norm, channels);
  return std::nullopt;
}

std::optional<std::string> recurrent_undefined_reason(const NormSpec& norm, Index batch) {
  const NormTraits& t = traits(norm.kind);
  if (!t.recurrent) return not_defined(t, "on recurrent layers");
  if (t.statistics == Statistics::channel && batch < 2) return not_defined_for_one_value(norm, 0);
  return std::nullopt;
}

}  // namespace normlab
