#include "normlab/experiment/sweep/sweep_needs.h"

#include <doctest/doctest.h>

#include "data/idx_files.h"
#include "normlab/experiment/spec/shell_changes.h"

using namespace normlab;
using namespace normlab::testing;

TEST_CASE("the runs of a sweep are checked against the data, each data set once, with what they need") {
  const SweepSpec spec =
      parse_sweep_spec(Json::parse(R"({"base": {"dataset": {"name": "synthetic", "train_limit": 100}},
    "grid": {"norm": ["none", "batch"], "batch_size": [1, 50]}})"),
                       "test");
  const SweepNeeds needs = check_runs_against_data(expand(spec), 1);
  REQUIRE(needs.runs.size() == 4);
  CHECK(needs.runs[2].memory == 0);  // undefined
  CHECK(needs.runs[1].memory > needs.runs[0].memory);
  REQUIRE(needs.warnings.size() == 1);  // one case, however many runs
  CHECK(contains(needs.warnings[0], "341 samples"));
  const auto refusal_with = [&](const char* setting) {
    SweepSpec changed = spec;
    apply_shell_setting(changed, parse_shell_setting(setting));
    return request_error([&] { check_runs_against_data(expand(changed), 1); });
  };
  CHECK(refusal_with("batch_size=50,101").starts_with("batch_size: 101"));
  CHECK(refusal_with("budget.epochs=0.1,1").starts_with("budget.epochs: 0.1"));
  CHECK(refusal_with("model.hidden=[1e9]").starts_with("model: "));
}
