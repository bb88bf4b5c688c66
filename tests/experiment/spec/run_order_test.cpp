#include "normlab/experiment/spec/run_order.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

using namespace normlab;

namespace {

std::vector<SweepRun> runs_of_seeds(const char* seeds) {
  return expand(parse_sweep_spec(Json::parse(std::string(R"({"base": {"dataset": "synthetic"},
    "grid": {"norm": ["none", "batch", "layer", "rms"], "batch_size": [4, 32, 128], "seed": )") +
                                             seeds + "}}"),
                                 "order"));
}

std::vector<std::string> ids(const std::vector<const SweepRun*>& order) {
  std::vector<std::string> list;
  for (const SweepRun* run : order) list.push_back(run->id);
  return list;
}

}  // namespace

TEST_CASE("every run is started once, seed after seed") {
  const std::vector<SweepRun> runs = runs_of_seeds("[3, 1, 2]");
  const std::vector<const SweepRun*> order = start_order(runs);
  REQUIRE(order.size() == runs.size());
  for (std::size_t i = 0; i < order.size(); ++i) CHECK(order[i]->config.seed == runs[i].config.seed);
  std::vector<std::string> started = ids(order);
  std::sort(started.begin(), started.end());
  CHECK(std::adjacent_find(started.begin(), started.end()) == started.end());
}

TEST_CASE("within a seed norms are mixed, in an order of the seed's own that repeats") {
  const std::vector<SweepRun> runs = runs_of_seeds("[1, 2]");
  const std::vector<const SweepRun*> order = start_order(runs);
  CHECK(ids(order) == ids(start_order(runs)));
  const auto shape = [&](std::size_t first) {
    std::vector<std::pair<int, Index>> list;
    for (std::size_t i = first; i < first + 12; ++i)
      list.emplace_back(static_cast<int>(order[i]->config.norm.kind), order[i]->config.batch_size);
    return list;
  };
  CHECK(shape(0) != shape(12));
  // Not one norm after the other: drift over the sweep would be the norm's.
  int changes = 0;
  for (std::size_t i = 1; i < 12; ++i)
    changes += order[i]->config.norm.kind != order[i - 1]->config.norm.kind;
  CHECK(changes > 3);
}

TEST_CASE("a seed's order does not depend on the other seeds") {
  const std::vector<SweepRun> all = runs_of_seeds("[1, 2]"), one = runs_of_seeds("[2]");
  const std::vector<std::string> of_both = ids(start_order(all));
  CHECK(std::vector<std::string>(of_both.begin() + 12, of_both.end()) == ids(start_order(one)));
}
