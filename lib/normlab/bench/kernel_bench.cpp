#include "normlab/bench/kernel_bench.h"

#include <fmt/format.h>

#include <cstring>
#include <memory>

#include "normlab/core/random.h"
#include "normlab/kernels/batch_norm.h"
#include "normlab/kernels/bias.h"
#include "normlab/kernels/group_norm.h"
#include "normlab/kernels/layer_norm.h"
#include "normlab/kernels/optimizer_update.h"
#include "normlab/kernels/rms_norm.h"
#include "normlab/onednn/normalization.h"

namespace normlab::bench {
namespace {

constexpr Activation identity = Activation::identity;  // oneDNN's primitives fuse none

// Everything a normalization of (samples, positions, channels) reads and writes.
struct Buffers {
  Buffers(Index samples_, Index positions_, Index channels_)
      : samples(samples_), positions(positions_), channels(channels_), size(samples * positions * channels) {
    Random random(1, 2);
    for (Tensor<float>* tensor : {&x, &y, &dy, &dx}) *tensor = Tensor<float>({size});
    for (Tensor<float>* tensor : {&x, &dy}) {
      for (float& v : tensor->span()) v = static_cast<float>(random.uniform(-1, 1));
    }
    for (Tensor<float>* tensor : {&gain, &bias, &dgain, &dbias, &running_mean, &running_variance}) {
      *tensor = Tensor<float>({channels});
    }
    gain.fill(1);
    for (Tensor<float>* tensor : {&mean, &reciprocal, &shift, &scratch}) {
      *tensor = Tensor<float>({samples * channels + 2 * channels});
    }
  }

  Index samples, positions, channels, size;
  Tensor<float> x, y, dy, dx, gain, bias, dgain, dbias, mean, reciprocal, shift, scratch, running_mean,
      running_variance;
};

struct Contest {
  std::string kernel;
  std::function<void(Buffers&)> forward, backward;
  std::optional<NormalizationPrimitive> primitive;
};

Contest layer_contest() {
  return {"layer",
          [](Buffers& b) {
            layer_norm_forward(LayerNormForward<float>{.x = b.x.data(),
                                                       .gain = b.gain.data(),
                                                       .bias = b.bias.data(),
                                                       .y = b.y.data(),
                                                       .mean = b.mean.data(),
                                                       .reciprocal_deviation = b.reciprocal.data(),
                                                       .shift = b.shift.data(),
                                                       .samples = b.samples,
                                                       .positions = b.positions,
                                                       .channels = b.channels,
                                                       .epsilon = 1e-5F,
                                                       .activation = identity});
          },
          [](Buffers& b) {
            layer_norm_backward(LayerNormBackward<float>{.x = b.x.data(),
                                                         .y = b.y.data(),
                                                         .dy = b.dy.data(),
                                                         .gain = b.gain.data(),
                                                         .bias = b.bias.data(),
                                                         .mean = b.mean.data(),
                                                         .reciprocal_deviation = b.reciprocal.data(),
                                                         .shift = b.shift.data(),
                                                         .dx = b.dx.data(),
                                                         .dgain = b.dgain.data(),
                                                         .dbias = b.dbias.data(),
                                                         .samples = b.samples,
                                                         .positions = b.positions,
                                                         .channels = b.channels,
                                                         .activation = identity});
          },
          NormalizationPrimitive::layer};
}

Contest rms_contest() {
  return {"rms",
          [](Buffers& b) {
            rms_norm_forward(RmsNormForward<float>{.x = b.x.data(),
                                                   .gain = b.gain.data(),
                                                   .y = b.y.data(),
                                                   .reciprocal_root = b.reciprocal.data(),
                                                   .samples = b.samples,
                                                   .positions = b.positions,
                                                   .channels = b.channels,
                                                   .epsilon = 1e-5F,
                                                   .activation = identity});
          },
          [](Buffers& b) {
            rms_norm_backward(RmsNormBackward<float>{.x = b.x.data(),
                                                     .y = b.y.data(),
                                                     .dy = b.dy.data(),
                                                     .gain = b.gain.data(),
                                                     .reciprocal_root = b.reciprocal.data(),
                                                     .dx = b.dx.data(),
                                                     .dgain = b.dgain.data(),
                                                     .samples = b.samples,
                                                     .positions = b.positions,
                                                     .channels = b.channels,
                                                     .activation = identity});
          },
          {}};
}

Contest batch_contest() {
  return {"batch",
          [](Buffers& b) {
            batch_norm_forward(BatchNormForward<float>{.x = b.x.data(),
                                                       .gain = b.gain.data(),
                                                       .bias = b.bias.data(),
                                                       .y = b.y.data(),
                                                       .mean = b.mean.data(),
                                                       .reciprocal_deviation = b.reciprocal.data(),
                                                       .shift = b.shift.data(),
                                                       .running_mean = b.running_mean.data(),
                                                       .running_variance = b.running_variance.data(),
                                                       .rows = b.samples * b.positions,
                                                       .channels = b.channels,
                                                       .stride = b.channels,
                                                       .epsilon = 1e-5F,
                                                       .momentum = 0.1F,
                                                       .activation = identity,
                                                       .training = true});
          },
          [](Buffers& b) {
            batch_norm_backward(BatchNormBackward<float>{.x = b.x.data(),
                                                         .y = b.y.data(),
                                                         .dy = b.dy.data(),
                                                         .gain = b.gain.data(),
                                                         .bias = b.bias.data(),
                                                         .mean = b.mean.data(),
                                                         .reciprocal_deviation = b.reciprocal.data(),
                                                         .shift = b.shift.data(),
                                                         .dx = b.dx.data(),
                                                         .dgain = b.dgain.data(),
                                                         .dbias = b.dbias.data(),
                                                         .rows = b.samples * b.positions,
                                                         .channels = b.channels,
                                                         .stride = b.channels,
                                                         .activation = identity});
          },
          NormalizationPrimitive::batch};
}

// Group norm with `groups`; with as many groups as channels it is instance norm.
Contest group_contest(const char* name, Index groups_or_zero) {
  const auto groups = [groups_or_zero](const Buffers& b) {
    return groups_or_zero > 0 ? groups_or_zero : b.channels;
  };
  return {name,
          [groups](Buffers& b) {
            group_norm_forward(GroupNormForward<float>{.x = b.x.data(),
                                                       .gain = b.gain.data(),
                                                       .bias = b.bias.data(),
                                                       .y = b.y.data(),
                                                       .mean = b.mean.data(),
                                                       .reciprocal_deviation = b.reciprocal.data(),
                                                       .shift = b.shift.data(),
                                                       .samples = b.samples,
                                                       .positions = b.positions,
                                                       .channels = b.channels,
                                                       .groups = groups(b),
                                                       .epsilon = 1e-5F,
                                                       .activation = identity});
          },
          [groups](Buffers& b) {
            group_norm_backward(GroupNormBackward<float>{.x = b.x.data(),
                                                         .y = b.y.data(),
                                                         .dy = b.dy.data(),
                                                         .gain = b.gain.data(),
                                                         .bias = b.bias.data(),
                                                         .mean = b.mean.data(),
                                                         .reciprocal_deviation = b.reciprocal.data(),
                                                         .shift = b.shift.data(),
                                                         .dx = b.dx.data(),
                                                         .dgain = b.dgain.data(),
                                                         .dbias = b.dbias.data(),
                                                         .scratch = b.scratch.data(),
                                                         .samples = b.samples,
                                                         .positions = b.positions,
                                                         .channels = b.channels,
                                                         .groups = groups(b),
                                                         .activation = identity});
          },
          {}};
}

Contest bias_contest() {
  return {"none",
          [](Buffers& b) {
            bias_forward(BiasForward<float>{.x = b.x.data(),
                                            .bias = b.bias.data(),
                                            .y = b.y.data(),
                                            .rows = b.samples * b.positions,
                                            .channels = b.channels,
                                            .activation = identity});
          },
          [](Buffers& b) {
            bias_backward(BiasBackward<float>{.x = b.x.data(),
                                              .y = b.y.data(),
                                              .dy = b.dy.data(),
                                              .bias = b.bias.data(),
                                              .dx = b.dx.data(),
                                              .dbias = b.dbias.data(),
                                              .rows = b.samples * b.positions,
                                              .channels = b.channels,
                                              .activation = identity});
          },
          {}};
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

KernelResult run(const Contest& contest, Buffers& b, const Effort& effort) {
  const Index tensor_bytes = b.size * static_cast<Index>(sizeof(float));
  Copy forward_copy(2 * tensor_bytes), backward_copy(3 * tensor_bytes);
  std::vector<std::function<void()>> contenders{[&] { contest.forward(b); }, std::ref(forward_copy),
                                                [&] { contest.backward(b); }, std::ref(backward_copy)};
  std::optional<OnednnNormalization> primitive;
  // oneDNN's layer norm has a gain for every element of a row, not for every channel of an image.
  const bool comparable = contest.primitive == NormalizationPrimitive::batch || b.positions == 1;
  if (contest.primitive && comparable) {
    primitive.emplace(*contest.primitive, b.samples, b.positions, b.channels);
    contenders.emplace_back([&] { primitive->forward(b.x.data(), b.y.data()); });
    contenders.emplace_back([&] { primitive->backward(b.x.data(), b.dy.data(), b.dx.data()); });
  }
  const Times times = interleave(contenders, effort);
  KernelResult result{contest.kernel, b.samples, b.positions, b.channels, {}, {}};
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
  std::optional<Contest> contest;  // nothing: adam
  Index samples, positions, channels;

  std::string name() const {
    const KernelResult named{contest ? contest->kernel : "adam", samples, positions, channels, {}, {}};
    return fmt::format("{} {}", named.kernel, shape_name(named));
  }
};

std::vector<KernelCase> kernel_cases() {
  const std::vector<Contest> on_vectors{bias_contest(), layer_contest(), rms_contest(), batch_contest()};
  const std::vector<Contest> on_images{
      bias_contest(),  layer_contest(),           rms_contest(),
      batch_contest(), group_contest("group", 8), group_contest("instance", 0)};
  std::vector<KernelCase> cases;
  for (const auto& [samples, channels] : {std::pair{128, 1000}, {4096, 1024}, {65536, 256}}) {
    for (const Contest& contest : on_vectors) cases.push_back({contest, samples, 1, channels});
  }
  for (const Contest& contest : on_images) cases.push_back({contest, 32, 784, 32});
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
    if (!c.contest) {
      results.push_back(run_adam(c.samples, effort));
      continue;
    }
    Buffers buffers(c.samples, c.positions, c.channels);
    results.push_back(run(*c.contest, buffers, effort));
  }
  return results;
}

}  // namespace normlab::bench
