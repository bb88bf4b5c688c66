#include "normlab/claims/kernel_claims.h"

#include <fmt/format.h>

#include <algorithm>

#include "normlab/core/error.h"
#include "normlab/core/log.h"
#include "normlab/core/text.h"
#include "normlab/nn/norm/norm_traits.h"

namespace normlab {
namespace {

Index read_size(const ClaimFields& fields, const char* key) {
  const Json* value = fields.find(key);
  const bool fits = value != nullptr && value->is_number_integer() && value->get<std::int64_t>() >= 1 &&
                    value->get<std::int64_t>() <= most_kernel_elements;
  if (!fits) {
    refuse(fields.name_of(key), value == nullptr ? "nothing" : shown(*value),
           fmt::format("an integer from 1 to {} is", most_kernel_elements));
  }
  return value->get<Index>();
}

// Refuses a kernel that is not a vector's, or has no meaning of so many numbers.
std::string read_norm(const ClaimFields& fields, const char* key, const TimedKernel& kernel) {
  const std::size_t place = fields.name(key, norm_names());
  const NormTraits& norm = traits(all_norms()[place]);
  if (norm.on_weights || norm.groups != Groups::one) {
    refuse(fields.name_of(key), quotation(norm.name),
           "a norm of the summed inputs of a fully connected layer is");
  }
  if (const auto reason = undefined_reason({.kind = all_norms()[place]}, {kernel.rows, 1, kernel.features}))
    refuse(fields.name_of(key), quotation(norm.name), *reason);
  return norm.name;
}

void set_reference_features(TimedKernel& second, const ClaimFields& fields, Index elements) {
  second.features = read_size(fields, "reference_features");
  second.rows = elements / second.features;
  if (second.rows * second.features == elements) return;
  refuse(fields.name_of("reference_features"), std::to_string(second.features),
         fmt::format("both sides have as many numbers, so that a divisor of {} is", elements));
}

// The files of one set of kernels, counted from 1.
std::filesystem::path numbered(const std::filesystem::path& file, int number) {
  if (number == 1) return file;
  return file.parent_path() /
         fmt::format("{}-more-{}{}", file.stem().string(), number, file.extension().string());
}

// Whatever it is: a name that is taken is not written to.
bool is_there(const std::filesystem::path& file) {
  std::error_code ignored;
  return std::filesystem::exists(std::filesystem::symlink_status(file, ignored));
}

// Rounds compare within one record alone. Null pointer where none has both kernels.
const KernelTimesRecord* find_both(const std::vector<KernelTimesRecord>& times, const KernelPair& kernels) {
  const auto found = std::ranges::find_if(times, [&](const KernelTimesRecord& one) {
    return find_kernel(one, kernels.first) != nullptr && find_kernel(one, kernels.second) != nullptr;
  });
  return found == times.end() ? nullptr : &*found;
}

}  // namespace

KernelPair read_kernel_pair(const ClaimFields& fields) {
  TimedKernel first{.norm = {}, .rows = read_size(fields, "rows"), .features = read_size(fields, "features")};
  first.pass = kernel_pass_names()[fields.name("pass", kernel_pass_names())];
  if (elements_of(first) > static_cast<double>(most_kernel_elements)) {
    refuse(fields.name_of("rows"), fmt::format("{} of {} features", first.rows, first.features),
           fmt::format("at most {} numbers in all are", most_kernel_elements));
  }
  first.norm = read_norm(fields, "norm", first);
  TimedKernel second = first;
  const bool by_norm = fields.find("reference_norm") != nullptr;
  if (by_norm == (fields.find("reference_features") != nullptr)) {
    refuse(fields.name_of("reference_norm"), by_norm ? "reference_features as well" : "nothing",
           "either reference_norm or reference_features is");
  }
  if (!by_norm) set_reference_features(second, fields, first.rows * first.features);
  second.norm = read_norm(fields, by_norm ? "reference_norm" : "norm", second);
  if (first == second) {
    const char* key = by_norm ? "reference_norm" : "reference_features";
    refuse(fields.name_of(key), shown(*fields.find(key)), "another value than that of the first side is");
  }
  return {first, second};
}

std::string kernel_label(const KernelPair& kernels) {
  const auto& [first, second] = kernels;
  if (first.norm != second.norm) {
    return fmt::format("{} / {}, {} x {}, {}", first.norm, second.norm, first.rows, first.features,
                       first.pass);
  }
  return fmt::format("features {} / {}, {}, {} numbers, {}", first.features, second.features, first.norm,
                     elements_of(first), first.pass);
}

std::filesystem::path kernel_times_file(const std::filesystem::path& out, const std::filesystem::path& claims,
                                        bool replication) {
  return out / fmt::format("kernels-{}{}.json", claims.stem().string(), replication ? "-replication" : "");
}

std::vector<KernelTimesRecord> read_kernel_times(const std::filesystem::path& file) {
  std::vector<KernelTimesRecord> times;
  for (int number = 1; is_there(numbered(file, number)); ++number) {
    const std::filesystem::path one = numbered(file, number);
    try {
      times.push_back(load_kernel_times(one, "results"));
    } catch (const RequestError& error) {
      log_warning(fmt::format("{} is passed over: {}", shortened(one.string()), error.what()));
    }
  }
  return times;
}

std::filesystem::path unused_kernel_times_file(const std::filesystem::path& file) {
  int number = 1;
  while (is_there(numbered(file, number))) ++number;
  return numbered(file, number);
}

std::vector<TimedKernel> missing_kernels(const std::vector<KernelTimesRecord>& times,
                                         const std::vector<KernelPair>& pairs) {
  std::vector<TimedKernel> missing;
  for (const KernelPair& pair : pairs) {
    if (find_both(times, pair) != nullptr) continue;
    for (const TimedKernel& kernel : {pair.first, pair.second}) {
      if (std::ranges::find(missing, kernel) == missing.end()) missing.push_back(kernel);
    }
  }
  return missing;
}

std::vector<double> kernel_ratios(const std::vector<KernelTimesRecord>& times, const KernelPair& kernels) {
  std::vector<double> ratios;
  const KernelTimesRecord* record = find_both(times, kernels);
  if (record == nullptr) return ratios;
  const KernelTimes& first = *find_kernel(*record, kernels.first);
  const KernelTimes& second = *find_kernel(*record, kernels.second);
  ratios.reserve(first.round_seconds.size());
  for (std::size_t i = 0; i < first.round_seconds.size(); ++i)
    ratios.push_back(first.round_seconds[i] / second.round_seconds[i]);
  return ratios;
}

std::string doubt_of_kernel_times(const std::vector<KernelTimesRecord>& times, const KernelPair& kernels,
                                  const std::string& sha256) {
  const KernelTimesRecord* record = find_both(times, kernels);
  return record != nullptr && record->sha256 != sha256 ? "rule changed after the data" : "";
}

}  // namespace normlab
