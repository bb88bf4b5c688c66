#include "normlab/records/kernel_times.h"

#include <fmt/format.h>

#include <algorithm>

#include "normlab/core/error.h"
#include "normlab/core/text.h"
#include "normlab/records/value_checks.h"
#include "normlab/records/vocabulary.h"

namespace normlab {
namespace {

Json kernel_json(const KernelTimes& times) {
  const TimedKernel& kernel = times.kernel;
  return {{"norm", kernel.norm},
          {"rows", kernel.rows},
          {"features", kernel.features},
          {"pass", kernel.pass},
          {"calls", times.calls},
          {"seconds", interval_json(median_interval(times.round_seconds))},
          {"round_seconds", times.round_seconds}};
}

KernelTimes read_kernel(const nlohmann::json& object, Index rounds) {
  require_count(object, "rows", 1);
  require_count(object, "features", 1);
  require_count(object, "calls", 1);
  KernelTimes times{.kernel = {.norm = require_text(object, "norm"),
                               .rows = object["rows"].get<Index>(),
                               .features = object["features"].get<Index>(),
                               .pass = require_text(object, "pass")},
                    .round_seconds = {},
                    .calls = object["calls"].get<Index>()};
  const auto& passes = kernel_pass_names();
  if (std::ranges::find(passes, times.kernel.pass) == passes.end())
    throw RecordDefect(fmt::format("its pass {} is none", quotation(times.kernel.pass)));
  times.round_seconds = read_round_seconds(object, rounds, "kernel " + quotation(kernel_name(times.kernel)));
  return times;
}

}  // namespace

const std::vector<std::string>& kernel_pass_names() {
  static const std::vector<std::string> names{"forward", "backward", "both"};
  return names;
}

std::string kernel_name(const TimedKernel& kernel) {
  return fmt::format("{} {}x{} {}", kernel.norm, kernel.rows, kernel.features, kernel.pass);
}

double elements_of(const TimedKernel& kernel) {
  return static_cast<double>(kernel.rows) * static_cast<double>(kernel.features);
}

Json to_json(const KernelTimesRecord& times) {
  Json written{{"schema", kernel_times_schema}, {"file", times.file}, {"sha256", times.sha256}};
  written.update(rounds_json(times.rounds));
  written["kernels"] = Json::array();
  for (const KernelTimes& kernel : times.kernels) written["kernels"].push_back(kernel_json(kernel));
  return written;
}

KernelTimesRecord kernel_times_record(const nlohmann::json& object) {
  if (!object.is_object()) throw RecordDefect("it is not a JSON object");
  if (require_text(object, "schema") != kernel_times_schema)
    throw RecordDefect(fmt::format("its schema is not {}", kernel_times_schema));
  KernelTimesRecord times{.file = require_text(object, "file"),
                          .sha256 = require_text(object, "sha256"),
                          .rounds = read_rounds(object),
                          .kernels = {}};
  const nlohmann::json& kernels = require_value(value_at(object, "kernels"), "kernels");
  if (!kernels.is_array()) throw RecordDefect("its kernels are not a list");
  times.kernels.reserve(kernels.size());
  for (const nlohmann::json& kernel : kernels)
    times.kernels.push_back(read_kernel(kernel, times.rounds.rounds));
  return times;
}

KernelTimesRecord load_kernel_times(const std::filesystem::path& file, std::string_view field) {
  try {
    return kernel_times_record(read_sorted_json(file, field));
  } catch (const RecordDefect& defect) {
    refuse(field, quotation(file.string()),
           fmt::format("times of kernels are wanted, and {}", defect.what()));
  }
}

const KernelTimes* find_kernel(const KernelTimesRecord& times, const TimedKernel& kernel) {
  const auto found = std::ranges::find(times.kernels, kernel, &KernelTimes::kernel);
  return found == times.kernels.end() ? nullptr : &*found;
}

}  // namespace normlab
