#include "normlab/nn/norm/norm_traits.h"

#include <fmt/format.h>

#include <array>

namespace normlab {
namespace {

// In the order of the enumeration.
constexpr std::array<NormTraits, 8> norm_table{{
    {.name = "none", .statistics = Statistics::none},
    {.name = "batch",
     .statistics = Statistics::channel,
     .one_value = "for a batch of one sample",
     .torch = {"nn.BatchNorm1d(out)", "nn.BatchNorm2d(out)"}},
    {.name = "layer",
     .statistics = Statistics::group,
     .one_value = "for a single feature",
     .torch = {"nn.LayerNorm(out)", "nn.GroupNorm(1, out)"}},
    {.name = "rms",
     .statistics = Statistics::group,
     .centred = false,
     .has_bias = false,
     .torch = {"nn.RMSNorm(out, eps=1e-5)", "RmsNorm"}},
    {.name = "group",
     .statistics = Statistics::group,
     .groups = Groups::as_set,
     .one_value = "for one feature per group ({channels} features, {groups} groups)",
     .torch = {"nn.GroupNorm(groups, out)", "nn.GroupNorm(groups, out)"}},
    {.name = "instance",
     .statistics = Statistics::group,
     .groups = Groups::one_a_channel,
     .recurrent = false,
     .one_value = "on vectors: it needs several positions per channel",
     .torch = {nullptr, "nn.GroupNorm(out, out)"}},
    {.name = "weight",
     .statistics = Statistics::none,
     .on_weights = true,
     .torch = {"nn.utils.weight_norm(nn.Linear(in, out))", "nn.utils.weight_norm(nn.Conv2d(…))"}},
    {.name = "dyt",
     .title = "dynamic tanh",
     .statistics = Statistics::learned,
     .centred = false,
     .torch = {"DynamicTanh", "DynamicTanh"}},
}};

std::string not_defined(const NormTraits& norm, const std::string& where) {
  return fmt::format("{} is not defined {}", norm.full_name(), where);
}

bool divides(Index groups, Index values) {
  return groups > 0 && values % groups == 0;
}

std::string not_defined_where(const NormTraits& norm, Index values, const char* what, Index groups) {
  return not_defined(norm,
                     fmt::format("where {} {} do not divide into {} equal groups", values, what, groups));
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

const std::vector<std::string>& affine_names() {
  static const std::vector<std::string> names{"true", "gain", "false"};
  return names;
}

const std::vector<std::string>& norm_position_names() {
  static const std::vector<std::string> names{"before_activation", "after_activation"};
  return names;
}

bool learns_gain(const NormSpec& norm) {
  return traits(norm.kind).normalizes() && norm.affine != Affine::none;
}

bool learns_bias(const NormSpec& norm) {
  const NormTraits& t = traits(norm.kind);
  return t.has_bias && (!t.normalizes() || norm.affine == Affine::all);
}

bool learns_cell_bias(const NormSpec& norm) {
  return learns_bias(norm) || (!traits(norm.kind).has_bias && learns_gain(norm));
}

bool follows_activation(const NormSpec& norm) {
  return traits(norm.kind).normalizes() && norm.position == NormPosition::after_activation;
}

NormSpec on_its_input(NormSpec norm) {
  norm.position = NormPosition::before_activation;
  return norm;
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
  if (!divides(groups, channels)) return not_defined_where(t, channels, "channels", groups);
  if (t.one_value != nullptr && geometry.positions * channels / groups < 2)
    return not_defined_for_one_value(norm, channels);
  return std::nullopt;
}

// Every normalized vector of a cell has `hidden` elements or a multiple: that of c, or of GRU's candidate,
// has the smallest groups.
std::optional<std::string> recurrent_undefined_reason(const NormSpec& norm, Index batch, Index hidden) {
  const NormTraits& t = traits(norm.kind);
  if (!t.recurrent) return not_defined(t, "on recurrent layers");
  if (follows_activation(norm))
    return not_defined(t, "on recurrent layers after the activation (norm.position)");
  if (t.statistics == Statistics::channel && batch < 2) return not_defined_for_one_value(norm, 0);
  if (t.groups != Groups::as_set) return std::nullopt;
  if (!divides(norm.groups, hidden)) return not_defined_where(t, hidden, "hidden units", norm.groups);
  if (hidden / norm.groups < 2) return not_defined_for_one_value(norm, hidden);
  return std::nullopt;
}

}  // namespace normlab
