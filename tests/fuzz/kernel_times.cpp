#include "normlab/records/kernel_times.h"

#include "fuzz/fuzz_checks.h"

namespace normlab::fuzz {

// A file of times of kernels.
bool fuzz_kernel_times(ByteSpan input) {
  const MemoryFile file(input);
  return accepted([&] {
    const KernelTimesRecord times = load_kernel_times(file.path(), "times");
    for (const KernelTimes& kernel : times.kernels) {
      require(find_kernel(times, kernel.kernel) != nullptr, "a kernel that was read is found");
      require(static_cast<Index>(kernel.round_seconds.size()) == times.rounds.rounds,
              "a kernel has a time of each round");
    }
    const Json written = to_json(times);
    const std::string dumped = written.dump(1, ' ', false, Json::error_handler_t::replace);
    const MemoryFile copy(bytes_of(dumped));
    const KernelTimesRecord again = never_refused([&] { return load_kernel_times(copy.path(), "times"); });
    require(to_json(again).dump() == written.dump(), "times that are written and read again are the same");
  });
}

}  // namespace normlab::fuzz
