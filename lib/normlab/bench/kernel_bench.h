// Each normalization kernel, forward and backward, against copying memory and against oneDNN's primitive for
// the same thing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "normlab/bench/measure.h"

namespace normlab::bench {

// One pass of a kernel. The bytes are those that must move, every operand once: forward reads x and writes y,
// backward reads x and dy and writes dx; gains and statistics stay in the cache.
struct KernelPass {
  Index bytes = 0;
  Figure seconds;
  Figure of_copy;                   // memcpy's time for as many bytes / ours: fraction of the copy bandwidth
  std::optional<Figure> of_onednn;  // the primitive's time / ours
};

struct KernelResult {
  std::string kernel;  // "layer", "rms", "batch", "group", "instance", "none" (the bias), "adam"
  Index samples = 0, positions = 0, channels = 0;
  KernelPass forward;
  std::optional<KernelPass> backward;  // not for adam, which is one pass over the parameters
};

// Every kernel with its shape, as in "layer 4096x1024".
std::vector<std::string> kernel_names();

// `filter`: only kernels whose name of kernel_names() contains it.
std::vector<KernelResult> bench_kernels(const std::string& filter, const Effort& effort);

// "4096x1024", or "32x784x32" where there are positions.
std::string shape_name(const KernelResult& result);

}  // namespace normlab::bench
