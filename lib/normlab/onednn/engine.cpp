#include "normlab/onednn/engine.h"

#include <fmt/format.h>

#include <atomic>

#include "normlab/onednn/version.h"

namespace normlab::onednn {
namespace {
std::atomic<std::uint64_t> primitive_count{0};
}

const dnnl::engine& engine() {
  static const dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

const dnnl::stream& stream() {
  static const dnnl::stream queue(engine());
  return queue;
}

void count_primitive() {
  ++primitive_count;
}

std::uint64_t primitives_made() {
  return primitive_count;
}

std::string version_at_build() {
  return fmt::format("{}.{}.{}", DNNL_VERSION_MAJOR, DNNL_VERSION_MINOR, DNNL_VERSION_PATCH);
}

std::string version_at_run() {
  const dnnl_version_t* version = dnnl_version();
  return fmt::format("{}.{}.{}", version->major, version->minor, version->patch);
}

std::string instruction_set() {
  switch (static_cast<int>(dnnl::get_effective_cpu_isa())) {
    case static_cast<int>(dnnl::cpu_isa::sse41):
      return "SSE4.1";
    case static_cast<int>(dnnl::cpu_isa::avx):
      return "AVX";
    case static_cast<int>(dnnl::cpu_isa::avx2):
      return "AVX2";
    case static_cast<int>(dnnl::cpu_isa::avx2_vnni):
      return "AVX2-VNNI";
    case static_cast<int>(dnnl::cpu_isa::avx512_core):
      return "AVX-512";
    case static_cast<int>(dnnl::cpu_isa::avx512_core_vnni):
      return "AVX-512-VNNI";
    case static_cast<int>(dnnl::cpu_isa::avx512_core_bf16):
      return "AVX-512-BF16";
    default:
      return "other";
  }
}

}  // namespace normlab::onednn
