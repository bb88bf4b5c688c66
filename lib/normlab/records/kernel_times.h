// How long normalization kernels take by themselves, measured in rounds for claims about them: JSON with the
// schema kernel_times_schema (docs/results-format.md).
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "normlab/core/json.h"
#include "normlab/core/tensor.h"
#include "normlab/records/times.h"

namespace normlab {

// One normalization of a tensor of so many rows by itself, without an activation.
struct TimedKernel {
  std::string norm;
  Index rows = 0, features = 0;
  std::string pass;  // one of kernel_pass_names()

  bool operator==(const TimedKernel&) const = default;
};

const std::vector<std::string>& kernel_pass_names();    // "forward", "backward", "both"
std::string kernel_name(const TimedKernel& kernel);     // "layer 128x1000 forward"
double elements_of(const TimedKernel& kernel);          // numbers that are normalized
inline constexpr Index most_kernel_elements = 1 << 26;  // 256 MB a tensor

struct KernelTimes {
  TimedKernel kernel;
  std::vector<double> round_seconds;  // of a call, above 0; one for each round
  Index calls = 0;                    // that were timed, in all rounds together
};

struct KernelTimesRecord {
  std::string file, sha256;  // of the claims that it was measured for, as they were then
  StepTimesRecord rounds;    // how it was measured; without cells
  std::vector<KernelTimes> kernels;
};

Json to_json(const KernelTimesRecord& times);

// What to_json() made of a record. Throws RecordDefect, as the end of a sentence, for anything else.
KernelTimesRecord kernel_times_record(const nlohmann::json& object);

// Reads FILE. RequestError naming `field` when it cannot be read, is not JSON or is no such record.
KernelTimesRecord load_kernel_times(const std::filesystem::path& file, std::string_view field);

// Null pointer when there is none.
const KernelTimes* find_kernel(const KernelTimesRecord& times, const TimedKernel& kernel);

}  // namespace normlab
