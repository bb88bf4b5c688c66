#include "normlab/bench/kernel_bench.h"

#include <fmt/format.h>

#include <cstring>

#include "normlab/bench/norm_step.h"
#include "normlab/kernels/optimizer_update.h"
#include "normlab/onednn/normalization.h"

namespace normlab::bench {
namespace {

// oneDNN's own, where it has one to compare with: its layer norm has a gain for every element of a row, not
// for every channel of an image.
std::optional<NormalizationPrimitive> primitive_of(Norm norm, Index positions) {
  if (norm == Norm::batch) return NormalizationPrimitive::batch;
  if (norm == Norm::layer && positions == 1) return NormalizationPrimitive::layer;
  return {};
}

// What as many bytes take to copy: half of them read, half written.
struct Copy {
  explicit Copy(Index bytes)
      : half(static_cast<std::size_t>(bytes / 2)), from({bytes / 2}), to({bytes / 2}) {}
  void operator()() { std::memcpy(to.data(), from.data(), half); }
  std::size_t half;
  Tensor<char> from, to;
};

KernelPass summary(Index bytes, const std::vector<double>& kernel, const std::vector<double>& copy,
                   const std::vector<double>* primitive) {
  KernelPass pass{.bytes = bytes, .seconds = figure(kernel), .of_copy = ratio(copy, kernel), .of_onednn = {}};
  if (primitive != nullptr) pass.of_onednn = ratio(*primitive, kernel);
  return pass;
}

KernelResult run_norm(Norm norm, Index samples, Index positions, Index channels, const Effort& effort) {
  NormStep step(norm, samples, positions, channels);
  const Index tensor_bytes = samples * positions * channels * static_cast<Index>(sizeof(float));
  Copy forward_copy(2 * tensor_bytes), backward_copy(3 * tensor_bytes);
  step.forward();
  std::vector<std::function<void()>> contenders{[&] { step.forward(); }, std::ref(forward_copy),
                                                [&] { step.backward(); }, std::ref(backward_copy)};
  std::optional<OnednnNormalization> primitive;
  if (const auto kind = primitive_of(norm, positions)) {
    primitive.emplace(*kind, samples, positions, channels);
    contenders.emplace_back([&] { primitive->forward(step.x().data.data(), step.y().data.data()); });
    contenders.emplace_back([&] {
      primitive->backward(step.x().data.data(), step.y().gradient.data(), step.x().gradient.data());
    });
  }
  const Times times = interleave(contenders, effort);
  KernelResult result{traits(norm).name, samples, positions, channels, {}, {}};
  result.forward = summary(2 * tensor_bytes, times[0], times[1], primitive ? &times[4] : nullptr);
  result.backward = summary(3 * tensor_bytes, times[2], times[3], primitive ? &times[5] : nullptr);
  return result;
}

KernelResult run_adam(Index size, const Effort& effort) {
  Tensor<float> parameter({size}), gradient({size}), first({size}), second({size});
  const Index bytes = 7 * size * static_cast<Index>(sizeof(float));
  Copy copy(bytes);
  const auto update = [&] {
    adam_update(AdamUpdate<float>{.parameter = parameter.data(),
                                  .gradient = gradient.data(),
                                  .first_moment = first.data(),
                                  .second_moment = second.data(),
                                  .size = size,
                                  .beta1 = 0.9F,
                                  .beta2 = 0.999F,
                                  .one_minus_beta1 = 0.1F,
                                  .one_minus_beta2 = 0.001F,
                                  .epsilon = 1e-8F,
                                  .step_size = 0,
                                  .root_correction = 1,
                                  .weight_decay = 0,
                                  .decoupled_decay = 0,
                                  .gradient_scale = 1});
  };
  const Times times = interleave({update, std::ref(copy)}, effort);
  return {"adam", size, 1, 1, summary(bytes, times[0], times[1], nullptr), {}};
}

struct KernelCase {
  std::optional<Norm> norm;  // nothing: adam
  Index samples, positions, channels;

  std::string name() const {
    const KernelResult named{norm ? traits(*norm).name : "adam", samples, positions, channels, {}, {}};
    return fmt::format("{} {}", named.kernel, shape_name(named));
  }
};

// Every norm that acts on summed inputs, and the bias alone. On vectors a group of features is a row.
std::vector<KernelCase> kernel_cases() {
  std::vector<KernelCase> cases;
  const auto add_norms = [&](Index samples, Index positions, Index channels) {
    for (const Norm norm : all_norms()) {
      const NormTraits& t = traits(norm);
      if (t.on_weights || (positions == 1 && t.groups != Groups::one)) continue;
      cases.push_back({norm, samples, positions, channels});
    }
  };
  add_norms(128, 1, 1000);
  add_norms(4096, 1, 1024);
  add_norms(65536, 1, 256);
  add_norms(32, 784, 32);
  for (const Index size : {80'000, 1'800'000}) cases.push_back({{}, size, 1, 1});
  return cases;
}

}  // namespace

std::string shape_name(const KernelResult& r) {
  if (r.kernel == "adam") return fmt::format("{}", r.samples);
  if (r.positions == 1) return fmt::format("{}x{}", r.samples, r.channels);
  return fmt::format("{}x{}x{}", r.samples, r.positions, r.channels);
}

std::vector<std::string> kernel_names() {
  std::vector<std::string> names;
  for (const KernelCase& c : kernel_cases()) names.push_back(c.name());
  return names;
}

std::vector<KernelResult> bench_kernels(const std::string& filter, const Effort& effort) {
  std::vector<KernelResult> results;
  for (const KernelCase& c : kernel_cases()) {
    if (c.name().find(filter) == std::string::npos) continue;
    results.push_back(c.norm ? run_norm(*c.norm, c.samples, c.positions, c.channels, effort)
                             : run_adam(c.samples, effort));
  }
  return results;
}

}  // namespace normlab::bench
