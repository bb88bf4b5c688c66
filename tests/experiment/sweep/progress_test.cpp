#include "normlab/experiment/sweep/progress.h"

#include <doctest/doctest.h>

#include "normlab/experiment/config/config_json.h"

using namespace normlab;

TEST_CASE("the progress line says what is done, running and failed, and how long it takes still") {
  SweepCounts counts;
  counts.runs = 27;
  CHECK(progress_line(counts, -1, 10) == "[..........] 0 of 27 done, 0 running, 0 failed");
  counts.done = 13;
  counts.running = 2;
  counts.failed = 1;
  CHECK(progress_line(counts, 200, 10) ==
        "[#####.....] 13 of 27 done, 2 running, 1 failed, about 3 min left");
  counts.waits_for_core = true;
  CHECK(progress_line(counts, -1, 10) ==
        "[#####.....] 13 of 27 done, 2 running, 1 failed, waiting for a core");
  counts.stopping = true;
  CHECK(progress_line(counts, 0, 10) == "[#####.....] 13 of 27 done, 2 running, 1 failed, stopping");
  counts.stopping = counts.waits_for_core = false;
  counts.done = 26;
  counts.running = 0;
  CHECK(progress_line(counts, 0, 10) == "[##########] 26 of 27 done, 0 running, 1 failed");
}

TEST_CASE("a run under way tells its epoch of the budget, its newest metric and its speed") {
  const RunConfig config = resolve({{"dataset", "synthetic"}, {"budget", {{"epochs", 4}}}});
  RunState state;
  CHECK(describe_progress("mlp", config, state, 0).position == "starting");
  state.first_step = 0;
  state.step = 125;
  state.steps_per_epoch = 100;
  RunProgress progress = describe_progress("mlp", config, state, 0);
  CHECK(progress.position == "epoch 1.25 of 4");
  CHECK(progress.metric.empty());
  CHECK(progress.speed.empty());
  state.metric = 0.15321;
  progress = describe_progress("mlp", config, state, 8412.4);
  CHECK(progress.metric == "validation error 0.1532");
  CHECK(progress.speed == "8412 steps/s");
  const RunConfig text = resolve({{"dataset", "text:x"}, {"model", "lstm"}});
  CHECK(describe_progress("lstm", text, state, 0).metric == "validation bits per character 0.1532");
  CHECK(describe_progress("", resolve({{"budget", {{"steps", 300}}}}), state, 2.25).position ==
        "step 125 of 300");
  state.last_step = 200;  // what so many samples come to
  CHECK(describe_progress("", resolve({{"budget", {{"samples", 6400}}}}), state, 2.25).position ==
        "step 125 of 200");
  CHECK(describe_progress("", resolve({{"budget", {{"seconds", 60}}}}), state, 2.25).speed == "2.2 steps/s");
}

TEST_CASE("running runs stand below one another, part by part, and above the line for all") {
  const std::vector<RunProgress> runs = {
      {.label = "mlp layer",
       .position = "epoch 1.25 of 4",
       .metric = "validation error 0.15",
       .speed = "8 steps/s"},
      {.label = "lstm none", .position = "starting", .metric = "", .speed = ""}};
  SweepCounts counts;
  counts.runs = 2;
  counts.running = 2;
  const std::vector<std::string> lines = progress_lines(runs, counts, 12);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0] == "mlp layer  epoch 1.25 of 4  validation error 0.15  8 steps/s");
  CHECK(lines[1] == "lstm none  starting");
  CHECK(lines[2] == "[........................] 0 of 2 done, 2 running, 0 failed, about 12 s left");
}

TEST_CASE("progress fits the terminal: no line wraps, and the line for all is always there") {
  const std::vector<std::string> lines = {"first run", "sécond run", "all runs"};
  CHECK(fitted(lines, {.columns = 80, .rows = 24}) == lines);
  CHECK(fitted(lines, {.columns = 5, .rows = 24}) == std::vector<std::string>{"firs", "séco", "all "});
  CHECK(fitted(lines, {.columns = 80, .rows = 3}) == std::vector<std::string>{"sécond run", "all runs"});
  CHECK(fitted(lines, {.columns = 80, .rows = 1}) == std::vector<std::string>{"all runs"});
}

TEST_CASE("redrawing goes back to the first line that was drawn, also when the terminal got narrower") {
  CHECK(redrawn({}, {"a", "b"}, {.columns = 80, .rows = 24}) == "\r\x1b[Ja\nb");
  CHECK(redrawn({"a", "b", "c"}, {"d"}, {.columns = 80, .rows = 24}) == "\r\x1b[2A\x1b[Jd");
  CHECK(redrawn({"twelve chars", "b"}, {}, {.columns = 5, .rows = 24}) == "\r\x1b[3A\x1b[J");
}

TEST_CASE("durations are told in the unit that reads best") {
  CHECK(duration_text(-1) == "?");
  CHECK(duration_text(45) == "45 s");
  CHECK(duration_text(12 * 60) == "12 min");
  CHECK(duration_text(3.5 * 3600) == "3.5 h");
}
