// to_json() of bench.h.
#include <fmt/format.h>

#include "normlab/bench/bench.h"
#include "normlab/experiment/run/environment.h"

namespace normlab::bench {
namespace {

constexpr const char* section_names[section_count] = {"data", "products", "normalization", "elementwise",
                                                      "optimizer"};
constexpr const char* pass_names[] = {"forward", "backward_data", "backward_weights"};

Json to_json(const Figure& f) {
  return {{"median", f.median}, {"low", f.low}, {"high", f.high}, {"count", f.count}};
}

Json to_json(const Limits& limits) {
  Json copies = Json::array(), products = Json::array();
  for (const CopyRate& copy : limits.copy) {
    copies.push_back(
        {{"footprint_bytes", copy.footprint}, {"bytes_per_second", to_json(copy.bytes_per_second)}});
  }
  for (const ProductRate& rate : limits.products) {
    products.push_back(
        {{"m", rate.m}, {"n", rate.n}, {"k", rate.k}, {"operations_per_second", to_json(rate.flops)}});
  }
  return {{"copy", copies}, {"products", products}};
}

Json to_json(const KernelPass& pass) {
  Json json{{"bytes", pass.bytes},
            {"seconds", to_json(pass.seconds)},
            {"fraction_of_copy_bandwidth", to_json(pass.of_copy)}};
  if (pass.of_onednn) json["times_as_fast_as_onednn"] = to_json(*pass.of_onednn);
  return json;
}

Json to_json(const KernelResult& kernel) {
  Json json{{"kernel", kernel.kernel},
            {"samples", kernel.samples},
            {"positions", kernel.positions},
            {"channels", kernel.channels},
            {"forward", to_json(kernel.forward)}};
  if (kernel.backward) json["backward"] = to_json(*kernel.backward);
  return json;
}

Json product_json(const LoggedProduct& product) {
  const ProductShape& s = product.shape;
  return {{"m", s.m},
          {"n", s.n},
          {"k", s.k},
          {"transpose_a", s.transpose_a},
          {"transpose_b", s.transpose_b},
          {"packed", product.packed}};
}

Json convolution_json(const LoggedConvolution& convolution) {
  const auto& [s, pass] = convolution;
  return {{"pass", pass_names[static_cast<std::size_t>(pass)]},
          {"batch", s.batch},
          {"in_channels", s.in_channels},
          {"out_channels", s.out_channels},
          {"height", s.height},
          {"width", s.width},
          {"kernel", s.kernel}};
}

Json to_json(const StepResult& result) {
  Json json{{"name", result.step.name()},      {"model", result.step.model},
            {"shape", result.step.shape},      {"norm", result.step.norm_name()},
            {"batch_size", result.step.batch}, {"seconds", to_json(result.seconds)}};
  if (result.of_none) json["times_none"] = to_json(*result.of_none);
  for (std::size_t i = 0; i < section_count; ++i)
    json["section_seconds"][section_names[i]] = result.sections[i];
  if (result.limit) {
    json["limit_seconds"] = {{"products", result.limit->product_seconds},
                             {"memory_traffic", result.limit->traffic_seconds}};
    json["fraction_of_limit"] = result.of_limit();
  }
  json["products"] = Json::array();
  for (const auto& [product, total] : result.products.products) {
    json["products"].push_back(product_json(product));
    json["products"].back().update({{"count", total.count}, {"seconds", total.seconds}});
  }
  json["convolutions"] = Json::array();
  for (const auto& [convolution, total] : result.products.convolutions) {
    json["convolutions"].push_back(convolution_json(convolution));
    json["convolutions"].back().update({{"count", total.count}, {"seconds", total.seconds}});
  }
  return json;
}

Json times_json(const ProductTimes& times, double operations) {
  return {{"seconds", to_json(times.as_used)},
          {"operations_per_second", operations / times.as_used.median},
          {"best_seconds", to_json(times.best)},
          {"best_order", times.best_order}};
}

Json products_json(const BenchResult& result) {
  Json products = Json::array();
  for (const auto& [product, times] : result.products) {
    products.push_back(product_json(product));
    products.back().update(times_json(times, operations(product.shape)));
  }
  return products;
}

Json convolutions_json(const BenchResult& result) {
  Json convolutions = Json::array();
  for (const auto& [convolution, times] : result.convolutions) {
    convolutions.push_back(convolution_json(convolution));
    convolutions.back().update(times_json(times, operations(convolution.first)));
  }
  return convolutions;
}

Json to_json(const Growth& growth) {
  Json points = Json::array();
  for (const GrowthPoint& point : growth.points) {
    points.push_back({{"size", point.size}, {"seconds", to_json(point.seconds)}});
  }
  return {{"what", growth.what},
          {"exponent", growth.exponent},
          {"exponent_standard_error", growth.error},
          {"points", points}};
}

Json to_json(const SweepPoint& point) {
  return {{"model", point.model},
          {"jobs", point.jobs},
          {"threads", point.threads},
          {"seconds", to_json(point.seconds)},
          {"times_throughput_of_one", to_json(point.throughput)}};
}

template <class T>
Json list(const std::vector<T>& items) {
  Json json = Json::array();
  for (const T& item : items) json.push_back(to_json(item));
  return json;
}

}  // namespace

Json to_json(const BenchResult& result) {
  return {{"schema", "normlab.bench/1"},
          {"environment", normlab::to_json(describe_environment(1))},
          {"core_taken_by_others", result.core_taken},
          {"warnings", noise_warnings(result)},
          {"limits", result.limits ? to_json(*result.limits) : Json()},
          {"kernels", list(result.kernels)},
          {"steps", list(result.steps)},
          {"products", products_json(result)},
          {"convolutions", convolutions_json(result)},
          {"growth", list(result.growths)},
          {"sweeps", list(result.sweeps)}};
}

}  // namespace normlab::bench
