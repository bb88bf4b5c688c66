// render_bench() of bench.h.
#include <fmt/format.h>

#include <cmath>

#include "normlab/bench/bench.h"

namespace normlab::bench {
namespace {

// "1.234 ms": three or four digits and a unit.
std::string time_text(double seconds) {
  if (seconds < 1e-8) return fmt::format("{:.3f} ns", seconds * 1e9);
  if (seconds < 1e-6) return fmt::format("{:.1f} ns", seconds * 1e9);
  if (seconds < 1e-3) return fmt::format("{:.2f} us", seconds * 1e6);
  if (seconds < 1) return fmt::format("{:.3f} ms", seconds * 1e3);
  return fmt::format("{:.3f} s", seconds);
}

std::string size_text(Index bytes) {
  if (bytes >= 1 << 20) return fmt::format("{} MiB", bytes >> 20);
  return fmt::format("{} KiB", bytes >> 10);
}

// "+-2 %", of the figure.
std::string certainty(const Figure& f) {
  return fmt::format("+-{:.0f} %", std::ceil(100 * f.uncertainty()));
}

std::string limits_table(const Limits& limits) {
  std::string text = "Limits of this machine, one thread\n";
  for (const CopyRate& copy : limits.copy) {
    text += fmt::format("  copying {:>8} of source and target   {:7.1f} GB/s   {:>7}\n",
                        size_text(copy.footprint), copy.bytes_per_second.median / 1e9,
                        certainty(copy.bytes_per_second));
  }
  for (const ProductRate& rate : limits.products) {
    text += fmt::format("  product {:>18}               {:7.1f} GFLOP/s {:>6}\n",
                        fmt::format("{}x{}x{}", rate.m, rate.n, rate.k), rate.flops.median / 1e9,
                        certainty(rate.flops));
  }
  return text;
}

std::string kernel_row(const KernelResult& kernel, const char* pass_name, const KernelPass& pass) {
  return fmt::format("  {:<9} {:<13} {:<9} {:>10} {:>7}  {:6.1f} {:9.2f} {:>10}\n", kernel.kernel,
                     shape_name(kernel), pass_name, time_text(pass.seconds.median), certainty(pass.seconds),
                     static_cast<double>(pass.bytes) / pass.seconds.median / 1e9, pass.of_copy.median,
                     pass.of_onednn ? fmt::format("{:.2f}", pass.of_onednn->median) : "");
}

std::string kernel_table(const std::vector<KernelResult>& kernels) {
  std::string text =
      "\nKernels: bytes that must move / time; that over memcpy's; oneDNN's primitive / ours\n"
      "  kernel    shape         pass            time             GB/s   of copy  vs oneDNN\n";
  for (const KernelResult& kernel : kernels) {
    text += kernel_row(kernel, kernel.backward ? "forward" : "update", kernel.forward);
    if (kernel.backward) text += kernel_row(kernel, "backward", *kernel.backward);
  }
  return text;
}

std::string step_table(const std::vector<StepResult>& steps) {
  std::string text =
      "\nTraining steps: share of products, normalization, other element-wise work, optimizer, data (%);\n"
      "products alone at their best + unavoidable traffic at the copy rate, over the measured time\n"
      "  step                                     time             x none   prod norm elem  opt data  of "
      "limit\n";
  for (const StepResult& step : steps) {
    const auto share = [&](Section section) {
      return 100 * step.sections[static_cast<std::size_t>(section)] / step.seconds.median;
    };
    text +=
        fmt::format("  {:<36} {:>10} {:>7} {:>8}   {:4.0f} {:4.0f} {:4.0f} {:4.0f} {:4.0f} {:>9}\n",
                    step.step.name(), time_text(step.seconds.median), certainty(step.seconds),
                    step.of_none ? fmt::format("{:.3f}", step.of_none->median) : "", share(Section::products),
                    share(Section::normalization), share(Section::elementwise), share(Section::optimizer),
                    share(Section::data), step.limit ? fmt::format("{:.2f}", step.of_limit()) : "");
  }
  return text;
}

// How long a product takes within the steps, on the average over those that make it.
ProductTotal in_steps(const std::vector<StepResult>& steps, const auto& totals_of, const auto& product) {
  ProductTotal sum;
  for (const StepResult& step : steps) {
    const auto& totals = totals_of(step.products);
    const auto found = totals.find(product);
    if (found == totals.end()) continue;
    sum.count += found->second.count;
    sum.seconds += found->second.seconds;
  }
  return sum;
}

std::string product_row(const std::string& name, const ProductTimes& times, double operations,
                        const ProductTotal& in_steps) {
  const double alone = times.as_used.median;
  return fmt::format("  {:<44} {:>10} {:>7} {:7.1f} {:11.2f} {:8.2f} {}\n", name, time_text(alone),
                     certainty(times.as_used), operations / alone / 1e9,
                     in_steps.seconds / static_cast<double>(in_steps.count) / alone,
                     alone / times.best.median, times.best_order);
}

std::string product_name(const LoggedProduct& product) {
  const ProductShape& s = product.shape;
  const char* b = product.packed ? "packed" : s.transpose_b ? "bT" : "b";
  return fmt::format("{}x{}x{} {} {}{}", s.m, s.n, s.k, s.transpose_a ? "aT" : "a", b,
                     s.accumulate ? ", added" : "");
}

std::string convolution_name(const LoggedConvolution& convolution) {
  constexpr const char* passes[] = {"forward", "data", "weights"};
  const auto& [s, pass] = convolution;
  return fmt::format("{} x {}x{}, {} to {} channels, {}", s.batch, s.height, s.width, s.in_channels,
                     s.out_channels, passes[static_cast<std::size_t>(pass)]);
}

std::string product_table(const BenchResult& result) {
  std::string text =
      "\nProducts of these steps, alone; the time within the steps over that; how much faster another order "
      "is\n"
      "  product                                            time          GFLOP/s   in steps   used/best in "
      "order\n";
  for (const auto& [product, times] : result.products) {
    text += product_row(product_name(product), times, operations(product.shape),
                        in_steps(
                            result.steps, [](const ProductLog& log) { return log.products; }, product));
  }
  for (const auto& [convolution, times] : result.convolutions) {
    text +=
        product_row(convolution_name(convolution), times, operations(convolution.first),
                    in_steps(
                        result.steps, [](const ProductLog& log) { return log.convolutions; }, convolution));
  }
  return text;
}

std::string growth_tables(const BenchResult& result) {
  std::string text;
  for (const Growth& growth : result.growths) {
    text += fmt::format("\n{}: time grows as size^{:.3f} (standard error {:.3f})\n", growth.what,
                        growth.exponent, growth.error);
    for (const GrowthPoint& point : growth.points) {
      text += fmt::format("  {:>9} {:>12} {:>7} {:>12} each\n", point.size, time_text(point.seconds.median),
                          certainty(point.seconds),
                          time_text(point.seconds.median / static_cast<double>(point.size)));
    }
  }
  if (!result.sweeps.empty()) text += "\nA sweep of one model, by runs side by side and threads of each\n";
  for (const SweepPoint& point : result.sweeps) {
    text +=
        fmt::format("  {:<5} jobs {} threads {}  {:>10}   {:.2f} times the runs an hour ({:.2f} to {:.2f})\n",
                    point.model, point.jobs, point.threads, time_text(point.seconds.median),
                    point.throughput.median, point.throughput.low, point.throughput.high);
  }
  return text;
}

}  // namespace

std::string render_bench(const BenchResult& result) {
  std::string text;
  if (result.limits) text += limits_table(*result.limits);
  if (!result.kernels.empty()) text += kernel_table(result.kernels);
  if (!result.steps.empty()) text += step_table(result.steps);
  if (!result.products.empty() || !result.convolutions.empty()) text += product_table(result);
  return text + growth_tables(result);
}

}  // namespace normlab::bench
