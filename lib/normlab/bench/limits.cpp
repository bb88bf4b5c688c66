#include "normlab/bench/limits.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "normlab/core/random.h"
#include "normlab/onednn/convolution.h"
#include "normlab/onednn/packed_product.h"

namespace normlab::bench {
namespace {

Tensor<float> random_numbers(Index size) {
  Tensor<float> numbers({size});
  Random random(1, 1);
  for (float& x : numbers.span()) x = static_cast<float>(random.uniform(-1, 1));
  return numbers;
}

CopyRate measure_copy(Index footprint, const Effort& effort) {
  const Tensor<float> source = random_numbers(footprint / 8);
  Tensor<float> target({footprint / 8});
  const auto bytes = static_cast<std::size_t>(footprint / 2);
  const Times times = interleave({[&] { std::memcpy(target.data(), source.data(), bytes); }}, effort);
  return {footprint, inverse(figure(times[0]), static_cast<double>(footprint))};
}

struct Order {
  const char* name;
  bool transpose_a, transpose_b;
};
constexpr Order orders[] = {
    {"a b", false, false}, {"aT b", true, false}, {"a bT", false, true}, {"aT bT", true, true}};

// Tightly packed: in which order operands lie in a step with gaps between rows is not asked here.
ProductShape reordered(const ProductShape& s, const Order& order) {
  return {.m = s.m,
          .n = s.n,
          .k = s.k,
          .transpose_a = order.transpose_a,
          .transpose_b = order.transpose_b,
          .accumulate = s.accumulate};
}

ProductTimes measure_product(const LoggedProduct& logged, const Effort& effort) {
  const ProductShape& s = logged.shape;
  const Tensor<float> a = random_numbers(s.m * s.k), b = random_numbers(s.k * s.n);
  Tensor<float> c({s.m * s.n});
  std::vector<MatrixProduct<float>> products;
  for (const Order& order : orders) products.emplace_back(reordered(s, order));
  std::vector<std::function<void()>> contenders;
  contenders.reserve(products.size() + 1);
  for (const auto& product : products) {
    contenders.emplace_back([&] { product(a.data(), b.data(), c.data()); });
  }
  PackedProduct<float> packed(reordered(s, {"", s.transpose_a, s.transpose_b}));
  packed.pack(b.data());
  contenders.emplace_back([&] { packed(a.data(), c.data()); });

  const Times times = interleave(contenders, effort);
  const std::size_t used =
      logged.packed ? std::size(orders) : (s.transpose_a ? 1 : 0) + (s.transpose_b ? 2 : 0);
  ProductTimes result{figure(times[used]), {}, ""};
  for (std::size_t i = 0; i < times.size(); ++i) {
    const Figure time = figure(times[i]);
    if (i > 0 && time.median >= result.best.median) continue;
    result.best = time;
    result.best_order = i < std::size(orders) ? orders[i].name : "a packed";
  }
  return result;
}

ProductTimes measure_convolution(const ConvolutionShape& s, ConvolutionPass pass, const Effort& effort) {
  Tensor<float> src = random_numbers(s.batch * s.height * s.width * s.in_channels);
  Tensor<float> weights = random_numbers(s.out_channels * s.in_channels * s.kernel * s.kernel);
  Tensor<float> dst = random_numbers(s.batch * s.out_height() * s.out_width() * s.out_channels);
  const Convolution<float> convolution(s, {.src = pass == ConvolutionPass::backward_data,
                                           .weights = pass == ConvolutionPass::backward_weights});
  const auto run = [&] {
    switch (pass) {
      case ConvolutionPass::forward:
        return convolution.forward(src.data(), weights.data(), dst.data());
      case ConvolutionPass::backward_data:
        return convolution.backward_data(dst.data(), weights.data(), src.data());
      case ConvolutionPass::backward_weights:
        return convolution.backward_weights(src.data(), dst.data(), weights.data());
    }
  };
  const Figure time = figure(interleave({run}, effort)[0]);
  return {time, time, "channels last"};
}

}  // namespace

double operations(const ProductShape& s) {
  return 2.0 * static_cast<double>(s.m * s.n * s.k);
}

double operations(const ConvolutionShape& s) {
  const Index outputs = s.batch * s.out_channels * s.out_height() * s.out_width();
  return 2.0 * static_cast<double>(outputs * s.in_channels * s.kernel * s.kernel);
}

double Limits::best_flops() const {
  double best = 0;
  for (const ProductRate& rate : products) best = std::max(best, rate.flops.median);
  return best;
}

double Limits::copy_rate(double footprint) const {
  if (footprint <= static_cast<double>(copy.front().footprint)) return copy.front().bytes_per_second.median;
  for (std::size_t i = 1; i < copy.size(); ++i) {
    const double below = static_cast<double>(copy[i - 1].footprint);
    const double above = static_cast<double>(copy[i].footprint);
    if (footprint > above) continue;
    const double share = std::log(footprint / below) / std::log(above / below);
    return copy[i - 1].bytes_per_second.median * (1 - share) + copy[i].bytes_per_second.median * share;
  }
  return copy.back().bytes_per_second.median;
}

Limits measure_limits(const Effort& effort) {
  Limits limits;
  for (Index footprint = 16 << 10; footprint <= 256 << 20; footprint *= 4) {
    limits.copy.push_back(measure_copy(footprint, effort));
  }
  for (const auto& [m, n, k] : {std::tuple{512, 512, 512}, {1024, 1024, 1024}, {128, 1024, 1024}}) {
    const Figure time = measure_product({{.m = m, .n = n, .k = k}, false}, effort).best;
    limits.products.push_back({m, n, k, inverse(time, operations(ProductShape{.m = m, .n = n, .k = k}))});
  }
  return limits;
}

const ProductTimes& ProductBench::operator()(const LoggedProduct& product) {
  const auto found = products_.find(product);
  if (found != products_.end()) return found->second;
  return products_.emplace(product, measure_product(product, effort_)).first->second;
}

const ProductTimes& ProductBench::operator()(const ConvolutionShape& shape, ConvolutionPass pass) {
  const auto found = convolutions_.find({shape, pass});
  if (found != convolutions_.end()) return found->second;
  return convolutions_.emplace(std::pair(shape, pass), measure_convolution(shape, pass, effort_))
      .first->second;
}

}  // namespace normlab::bench
