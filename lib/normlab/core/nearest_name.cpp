#include "normlab/core/nearest_name.h"

#include <algorithm>
#include <cctype>
#include <numeric>
#include <vector>

namespace normlab {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, substituted});
    }
  }
  return row.back();
}

// In lower case, with '_' for '-': the spelling in which names are compared.
std::string plain_spelling(std::string_view name) {
  std::string plain(name);
  for (char& c : plain) {
    c = c == '-' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return plain;
}

struct OtherName {
  std::string_view typed, meant;  // in plain spelling
};

// What the same things are called elsewhere.
constexpr OtherName other_names[] = {
    {"lr", "learning_rate"},
    {"bs", "batch_size"},
    {"wd", "weight_decay"},
    {"ln", "layer"},
    {"layernorm", "layer"},
    {"layer_norm", "layer"},
    {"bn", "batch"},
    {"batchnorm", "batch"},
    {"batch_norm", "batch"},
    {"gn", "group"},
    {"groupnorm", "group"},
    {"group_norm", "group"},
    {"in", "instance"},
    {"instancenorm", "instance"},
    {"instance_norm", "instance"},
    {"rmsnorm", "rms"},
    {"rms_norm", "rms"},
    {"wn", "weight"},
    {"weightnorm", "weight"},
    {"weight_norm", "weight"},
    {"hidden_size", "hidden"},
    {"hidden", "hidden_size"},
    {"hidden_sizes", "hidden"},
    {"num_layers", "layers"},
    {"fashion", "fashion_mnist"},
    {"fmnist", "fashion_mnist"},
    {"fashionmnist", "fashion_mnist"},
    {"cosine_annealing", "cosine"},
    {"xavier", "glorot"},
    {"kaiming", "he"},
    {"md", "markdown"},
};

// The candidate that `name` is another name of, option dashes aside, or "".
std::string other_name(std::string_view name, std::span<const std::string> candidates) {
  const std::size_t dashes = std::min(name.find_first_not_of('-'), name.size());
  const std::string plain = plain_spelling(name.substr(dashes));
  for (const OtherName& entry : other_names) {
    if (entry.typed != plain) continue;
    for (const std::string& candidate : candidates) {
      if (plain_spelling(candidate) == plain_spelling(name.substr(0, dashes)) + std::string(entry.meant))
        return candidate;
    }
  }
  return "";
}

// The only candidate that `name` is the beginning of, or "".
std::string begun_name(std::string_view name, std::span<const std::string> candidates) {
  constexpr std::size_t shortest = 3;  // letters that tell something
  if (name.size() < std::min(name.find_first_not_of('-'), name.size()) + shortest) return "";
  const std::string plain = plain_spelling(name);
  std::string only;
  for (const std::string& candidate : candidates) {
    if (!plain_spelling(candidate).starts_with(plain)) continue;
    if (!only.empty()) return "";
    only = candidate;
  }
  return only;
}

}  // namespace

std::string nearest_name(std::string_view name, std::span<const std::string> candidates) {
  constexpr std::size_t longest_name = 1000;  // the time grows with the length, and nobody misspells that
  if (name.size() > longest_name) return "";
  std::string nearest = other_name(name, candidates);
  if (!nearest.empty()) return nearest;
  const std::string plain = plain_spelling(name);
  std::size_t best = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(plain, plain_spelling(candidate));
    if (distance < best && distance < candidate.size()) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest.empty() ? begun_name(name, candidates) : nearest;
}

}  // namespace normlab
