// Who is timed, in which order; the times themselves mean nothing here.
#include "normlab/bench/cell_times.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "files.h"
#include "normlab/experiment/process/cores.h"

namespace normlab::bench {
namespace {

SweepSpec small_spec() {
  SweepSpec spec{.name = "small"};
  spec.base = {{"dataset", {{"name", "synthetic"}, {"train_limit", 300}}},
               {"model", {{"name", "mlp"}, {"hidden", {8}}}}};
  spec.grid = {{"norm", {"none", "layer"}}, {"batch_size", {4, 64}}, {"seed", {1, 2, 3}}};
  return spec;
}

// Cores of its own to share out: tests should not wait for other runs of the machine.
void keep_to_ourselves() {
  static const test::TemporaryFolder folder;
  ::setenv("NORMLAB_RUNTIME_DIR", folder.path().c_str(), 1);
}

constexpr CellEffort least{.rounds = 3, .order_seed = 5, .warm_up_seconds = 0, .turn_seconds = 0};

}  // namespace

TEST_CASE("a cell stands for the runs whose steps take equally long, seeds and learning rates among them") {
  SweepSpec spec = small_spec();
  CHECK(cells_of(expand(spec)).size() == 4);
  spec.grid.push_back({"optimizer.learning_rate", {1e-3, 1e-2}});
  const std::vector<SweepRun> runs = expand(spec);
  const std::vector<Cell> cells = cells_of(runs);
  REQUIRE(cells.size() == 4);
  CHECK(cells[0].run == &runs[0]);
  CHECK(cells[0].run->config.seed == 1);
  spec.grid.push_back({"optimizer", {"sgd", "adam"}});
  CHECK(cells_of(expand(spec)).size() == 8);
}

TEST_CASE("runs without a meaning have no step to time") {
  SweepSpec spec = small_spec();
  spec.grid[0].values = {"batch", "none"};
  spec.grid[1].values = {1, 4};
  const std::vector<SweepRun> runs = expand(spec);
  const std::vector<Cell> cells = cells_of(runs);
  CHECK(cells.size() == 3);
  CHECK(std::ranges::none_of(cells, [](const Cell& cell) { return cell.run->undefined.has_value(); }));
}

TEST_CASE("the order of a round is a permutation that its number and the seed give") {
  std::set<std::vector<std::size_t>> orders;
  for (Index round = 1; round <= 20; ++round) {
    std::vector<std::size_t> order = turn_order(9, 1, round);
    CHECK(order == turn_order(9, 1, round));
    CHECK(order != turn_order(9, 2, round));
    orders.insert(order);
    std::ranges::sort(order);
    for (std::size_t i = 0; i < 9; ++i) CHECK(order[i] == i);
  }
  CHECK(orders.size() == 20);
}

TEST_CASE("every cell has a time in every round, and the core is given back") {
  keep_to_ourselves();
  const std::vector<int> cores = available_cores();
  const std::vector<SweepRun> runs = expand(small_spec());
  std::vector<std::string> told;
  const StepTimesRecord times =
      measure_cells("small", cells_of(runs), least, [&](std::string_view what) { told.emplace_back(what); });
  CHECK(times.rounds == 3);
  CHECK(times.order_seed == 5);
  CHECK(times.core_taken.size() == 3);
  CHECK(times.rounds_repeated <= 3);
  REQUIRE(times.cells.size() == 4);
  for (const CellTimes& cell : times.cells) {
    CHECK(cell.round_seconds.size() == 3);
    CHECK(cell.steps == 15);  // five in each round
    CHECK(cell.reason.empty());
  }
  CHECK(times.environment["threads"] == 1);
  CHECK(told.size() >= 3);
  CHECK(available_cores() == cores);
  CHECK(to_json(step_times_record(to_json(times))) == to_json(times));
}

TEST_CASE("rounds in which others had the core are measured again, and count where no others come") {
  keep_to_ourselves();
  std::vector<Index> kept;
  const auto measured = [&](const std::function<double(Index)>& taken) {
    kept.clear();
    Index last = 0;
    const Round round{.measure = [&](Index number) { return taken(last = number); },
                      .keep = [&] { kept.push_back(last); }};
    return measure_rounds(
        {.what = "rounds", .times = "nothing"}, least, [](std::string_view) {}, round);
  };
  StepTimesRecord times = measured([](Index number) { return number == 2 || number == 4 ? 0.2 : 0.02; });
  CHECK(kept == std::vector<Index>{1, 3, 5});
  CHECK(times.rounds_repeated == 2);
  CHECK(times.core_taken == std::vector<double>(3, 0.02));
  CHECK(step_times_record(to_json(times)).rounds_repeated == 2);
  times = measured([](Index) { return 0.5; });
  CHECK(kept == std::vector<Index>{4, 5, 6});
  CHECK(times.rounds_repeated == 3);
  CHECK(times.core_taken == std::vector<double>(3, 0.5));
}

TEST_CASE("a cell whose loss explodes has a reason in place of times, and the others have theirs") {
  keep_to_ourselves();
  SweepSpec spec = small_spec();
  spec.grid = {{"norm", {"none", "layer"}}};
  spec.overrides.push_back({{{"norm", "none"}}, {{"init.scale", 1e15}}});
  const std::vector<SweepRun> runs = expand(spec);
  const StepTimesRecord times = measure_cells("small", cells_of(runs), least, [](std::string_view) {});
  REQUIRE(times.cells.size() == 2);
  CHECK(times.cells[0].round_seconds.empty());
  CHECK(times.cells[0].reason.find("explodes") != std::string::npos);
  CHECK(times.cells[1].round_seconds.size() == 3);
}

}  // namespace normlab::bench
