// Claims about how long normalization kernels take by themselves.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "normlab/claims/claim_fields.h"
#include "normlab/records/kernel_times.h"

namespace normlab {

// Two kernels of as many numbers, whose times are compared.
struct KernelPair {
  TimedKernel first, second;

  bool operator==(const KernelPair&) const = default;
};

// Of an object with norm, rows, features, pass and either reference_norm or reference_features; with the
// latter the reference has rows to match. RequestError naming the field for what is missing or wrong, for
// kernels that are not defined or larger than most_kernel_elements, and for two that do not differ.
KernelPair read_kernel_pair(const ClaimFields& fields);

// "rms / layer, 128 x 1000, forward"
std::string kernel_label(const KernelPair& kernels);

// Where the times of a file's kernels are, beside the results of experiments: OUT/kernels-NAME.json, NAME
// being the file's without its ending, and OUT/kernels-NAME-replication.json.
std::filesystem::path kernel_times_file(const std::filesystem::path& out, const std::filesystem::path& claims,
                                        bool replication);

// Kernels that a claims file got later are measured later, into files of their own: FILE, FILE with "-more-2"
// before its ending, … None is ever replaced, so that each keeps the hash of the rule that it was measured
// for.
//
// All that there are; with a warning, without those that are damaged.
std::vector<KernelTimesRecord> read_kernel_times(const std::filesystem::path& file);
std::filesystem::path unused_kernel_times_file(const std::filesystem::path& file);

// The kernels, each once, of the pairs that no record has both of.
std::vector<TimedKernel> missing_kernels(const std::vector<KernelTimesRecord>& times,
                                         const std::vector<KernelPair>& pairs);

// The time of the first kernel over that of the second one, of each round of the first record that has both;
// empty where none has.
std::vector<double> kernel_ratios(const std::vector<KernelTimesRecord>& times, const KernelPair& kernels);

// What keeps one from trusting the rule that the times of a pair are judged by: "rule changed after the
// data";
// "" where there are none, or they were measured for these very claims.
std::string doubt_of_kernel_times(const std::vector<KernelTimesRecord>& times, const KernelPair& kernels,
                                  const std::string& sha256);

}  // namespace normlab
