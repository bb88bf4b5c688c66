// What a training step is said to consist of.
#include "normlab/bench/step_bench.h"

#include <doctest/doctest.h>

#include <numeric>
#include <set>
#include <stdexcept>
#include <string>

#include "normlab/onednn/product_log.h"

namespace normlab::bench {
namespace {

StepCase case_named(const std::string& name) {
  for (const StepCase& c : all_step_cases()) {
    if (c.name() == name) return c;
  }
  throw std::logic_error("no step " + name);
}

TEST_CASE("every step has a name of its own, and every group begins without normalization") {
  std::set<std::string> names;
  std::string group;
  for (const StepCase& c : all_step_cases()) {
    CAPTURE(c.name());
    CHECK(names.insert(c.name()).second);
    if (c.group() != group) CHECK(c.norm.kind == Norm::none);
    group = c.group();
  }
}

TEST_CASE("a recurrent layer makes the products that its formula has, and no more") {
  const auto step = make_step(case_named("lstm-layer-28x28-128-b32-none"));
  const ProductRecording recording;
  (*step)();
  // Forward: W_ih x once for all steps, W_hh h from the second step on; backward: dh 27 times, dW_ih, dW_hh.
  Index forward_and_back = 0, multiply_adds = 0;
  for (const auto& [product, total] : recording.log().products) {
    const ProductShape& s = product.shape;
    multiply_adds += total.count * s.m * s.n * s.k;
    if (product.packed) forward_and_back += total.count;
    CHECK(total.seconds > 0);
  }
  CHECK(forward_and_back == 2 * 27);
  const Index input = 28 * 32 * 512 * 28, recurrent = 27 * 32 * 512 * 128;
  CHECK(multiply_adds == 2 * input + 3 * recurrent);
}

TEST_CASE("the sections of a step add up to its time, and its limit is below it") {
  const std::vector<StepCase> cases{case_named("mlp-784-1000-1000-10-b4-none"),
                                    case_named("mlp-784-1000-1000-10-b4-layer")};
  Limits limits;
  limits.copy = {{1 << 20, {1e12, 1e12, 1e12, 1}}};  // no machine copies that fast
  const Effort effort{.seconds = 0.01};
  ProductBench products(effort);
  Index done = 0;
  const auto results = bench_steps(cases, limits, products, effort, [&](const StepResult&) { ++done; });
  REQUIRE(results.size() == 2);
  CHECK(done == 2);
  for (const StepResult& result : results) {
    CAPTURE(result.step.name());
    const double total = std::accumulate(result.sections.begin(), result.sections.end(), 0.0);
    CHECK(total == doctest::Approx(result.seconds.median));
    for (const Section section :
         {Section::data, Section::products, Section::elementwise, Section::optimizer}) {
      CHECK(result.sections[static_cast<std::size_t>(section)] > 0);
    }
    REQUIRE(result.limit);
    CHECK(result.limit->product_seconds > 0);
    CHECK(result.limit->traffic_seconds > 0);
  }
  const auto normalization = static_cast<std::size_t>(Section::normalization);
  CHECK(results[0].sections[normalization] == 0);
  CHECK(results[1].sections[normalization] > 0);
  CHECK(!results[0].of_none);
  REQUIRE(results[1].of_none);
  CHECK(results[1].of_none->median > 0);
}

}  // namespace
}  // namespace normlab::bench
