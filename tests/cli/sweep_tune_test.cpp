// Sweeps that search settings first.
#include <doctest/doctest.h>

#include <random>

#include "cli/small_sweep.h"

using namespace normlab::testing;

namespace {

// The range lies below the rates that train, so that it is widened.
const char* const tuned_sweep_spec = R"({"name": "small",
  "base": {"dataset": {"name": "synthetic", "train_limit": 400, "validation_limit": 100, "test_limit": 100}, "model": {"name": "mlp", "hidden": [12]},
           "budget": {"epochs": 4}, "batch_size": 8, "evaluate_every": 0.5, "target": "validation.error<=0.6"},
  "grid": {"norm": ["none", "layer"], "seed": [1, 2]},
  "tune": {"space": {"optimizer.learning_rate": {"log": [2e-5, 2e-4]}}, "trials": 5, "seeds": [104]}})";

struct TunedSweep {
  std::string tuned;  // tuned.json
  std::map<std::string, json> trials, runs;
};

TunedSweep results_of(const std::filesystem::path& folder) {
  return {read_file(folder / "tuned.json"), records_of(folder / "tuning"), records_of(folder)};
}

// Of a sweep that nothing disturbed.
const TunedSweep& reference_tuning() {
  static const TunedSweep results = [] {
    TemporaryFolder folder;
    write_file(folder.path() / "spec.json", tuned_sweep_spec);
    const Outcome outcome = run_program(folder.path(), {"sweep", "spec.json"});
    CAPTURE(outcome.error);
    REQUIRE(outcome.status == 0);
    REQUIRE(contains(outcome.error, "tuning, up to 25 % of the budget: 10/10 "));
    REQUIRE(contains(outcome.error, "range, which is widened"));
    REQUIRE(contains(outcome.error, "4/4 "));
    REQUIRE(contains(outcome.out, "layer"));
    return results_of(folder.path() / "results" / "small");
  }();
  return results;
}

double last_step(const json& record) {
  return record["evaluations"].back()["step"];
}

double steps_to_target(const json& record) {
  return record.contains("convergence") ? record["convergence"]["steps"].get<double>() : 200;
}

}  // namespace

TEST_CASE("a search makes the same trials for every norm, cuts those behind, and chooses by steps") {
  const TunedSweep& results = reference_tuning();
  const json tuned = json::parse(results.tuned);
  REQUIRE(tuned["cells"].size() == 2);
  for (const json& cell : tuned["cells"]) {
    CAPTURE(cell["when"].dump());
    int cut = 0, whole = 0;
    double least = 1e9;
    for (std::size_t i = 0; i < cell["trials"].size(); ++i) {
      const json& trial = cell["trials"][i];
      if (i < 5) CHECK(trial["set"] == tuned["cells"][0]["trials"][i]["set"]);
      const json& record = results.trials.at(trial["runs"][0].get<std::string>() + ".json");
      CHECK(record["config"]["seed"] == 104);
      CHECK(record["config"]["optimizer"]["learning_rate"] == trial["set"]["optimizer.learning_rate"]);
      if (trial["cut_after_steps"].is_null()) {
        ++whole;
        CHECK(record["status"] != "interrupted");
        CHECK(trial["compared"].size() == 3);
        CHECK(trial["compared"][2]["mean_steps"] == steps_to_target(record));
        least = std::min(least, steps_to_target(record));
      } else {
        ++cut;
        CHECK(record["status"] == "interrupted");
        CHECK(last_step(record) == trial["cut_after_steps"]);
        CHECK(last_step(record) < 200);
      }
    }
    const int brackets = static_cast<int>(cell["trials"].size()) / 5;
    CHECK(cut == 3 * brackets);  // of five, three go on to the half and two to the end
    CHECK(whole == 2 * brackets);
    CHECK(cell["mean_steps"] == least);
    CHECK(cell["set"] == cell["trials"][cell["trial"].get<std::size_t>()]["set"]);
    REQUIRE(brackets > 1);
    CHECK(cell["widened"][0]["end"] == "upper");
    CHECK(cell["widened"][0]["to"][1].get<double>() == doctest::Approx(2e-3));
    for (const json& trial : cell["trials"]) {
      if (trial["widening"] == 1) CHECK(trial["set"]["optimizer.learning_rate"] >= 2e-4);
    }
  }
}

TEST_CASE("the runs have what was chosen, and seeds that the search never saw") {
  const TunedSweep& results = reference_tuning();
  CHECK(results.runs.size() == 4);
  const json tuned = json::parse(results.tuned);
  for (const auto& [file, record] : results.runs) {
    CHECK(record["config"]["seed"] <= 2);
    const bool is_none = record["config"]["norm"]["name"] == "none";
    CHECK(record["config"]["optimizer"]["learning_rate"] ==
          tuned["cells"][is_none ? 0 : 1]["set"]["optimizer.learning_rate"]);
  }
}

TEST_CASE("a tuned sweep that is killed in either phase goes on to the same choices and records") {
  TemporaryFolder folder;
  const auto results = folder.path() / "results" / "small";
  write_file(folder.path() / "spec.json", tuned_sweep_spec);
  std::mt19937 random(7);
  int in_search = 0, in_runs = 0;
  for (int kill = 0; kill < 60 && (in_search < 4 || in_runs < 1); ++kill) {
    Program program(folder.path(), sweep_arguments());
    // Four times some hundred milliseconds into the search; then as soon as there is a child of the second
    // phase.
    if (std::filesystem::exists(results / "tuned.json")) {
      wait_until([&] { return !children_of(program.process()).empty(); });
    } else {
      const int pause = in_search < 4 ? std::uniform_int_distribution<int>(100, 900)(random) : 60000;
      wait_until([&] { return std::filesystem::exists(results / "tuned.json"); }, pause / 1000.0);
    }
    const bool searching = !std::filesystem::exists(results / "tuned.json");
    for (const pid_t child : children_of(program.process())) {
      if (kill % 2 == 0) ::kill(child, SIGKILL);
    }
    program.send(SIGKILL);
    if (program.wait().status == 0) break;
    ++(searching ? in_search : in_runs);
  }
  CHECK(in_search >= 1);
  CHECK(in_runs >= 1);
  const Outcome outcome = run_program(folder.path(), sweep_arguments());
  CAPTURE(outcome.error);
  CHECK(outcome.status == 0);
  const TunedSweep found = results_of(results);
  CHECK(found.tuned == reference_tuning().tuned);
  CHECK(equal(found.runs, reference_tuning().runs));
  CHECK(found.trials.size() == reference_tuning().trials.size());
  const Outcome again = run_program(folder.path(), sweep_arguments());
  CHECK(again.status == 0);
  CHECK(results_of(results).tuned == found.tuned);
  CHECK(contains(again.error, "4 of 4 runs are finished already"));
  CHECK(count_files(results / "tuning" / "checkpoints") == 0);
}

TEST_CASE("a dry run lists the trials and the runs, and changes nothing") {
  TemporaryFolder folder;
  write_file(folder.path() / "spec.json", tuned_sweep_spec);
  const auto before = files_below(folder.path());
  const Outcome outcome = run_program(folder.path(), {"sweep", "spec.json", "--dry-run"});
  CAPTURE(outcome.error);
  CHECK(outcome.status == 0);
  CHECK(files_below(folder.path()) == before);
  CHECK(std::count(outcome.out.begin(), outcome.out.end(), '\n') == 1 + 10 + 1 + 4);
  CHECK(contains(outcome.out, "as tuned"));
}

TEST_CASE("what was tuned serves another experiment, and seeds of the search are refused there") {
  TemporaryFolder folder;
  std::string other = tuned_sweep_spec;
  other = other.substr(0, other.find(",\n  \"tune\"")) + "}";
  write_file(folder.path() / "other.json", other);
  write_file(folder.path() / "tuned.json", reference_tuning().tuned);
  const std::vector<std::string> sweep{"sweep", "other.json", "--tuned", "tuned.json"};
  REQUIRE(run_program(folder.path(), sweep).status == 0);
  CHECK(equal(records_of(folder.path() / "results" / "small"), reference_tuning().runs));
  check_refused(folder.path(), {"sweep", "other.json", "--tuned", "tuned.json", "--seed", "104"},
                {"tune.seeds: 104"});
  check_refused(folder.path(), {"sweep", "other.json", "--tuned", "other.json"}, {"tuned: \"other.json\""});
  check_refused(folder.path(), {"sweep", "other.json", "--tuned", "tuned.json", "--set", "norm=rms"},
                {"tuned: mlp-rms"});
}

TEST_CASE("a grid that grows is tuned where it is new, and keeps its choices elsewhere") {
  TemporaryFolder folder;
  const auto results = folder.path() / "results" / "small";
  write_file(folder.path() / "spec.json", tuned_sweep_spec);
  REQUIRE(run_program(folder.path(), sweep_arguments({"--set", "norm=none"})).status == 0);
  // Refused before the search, which would take the place of what was chosen before.
  check_refused(folder.path(), {"sweep", "spec.json", "--extend", "--set", "model.hidden=[9]"},
                {"extend: ", "base.model"});
  const Outcome listed = run_program(folder.path(), {"sweep", "spec.json", "--extend", "--dry-run"});
  CAPTURE(listed.error);
  CHECK(listed.status == 0);
  CHECK(contains(listed.out, "as tuned"));
  const Outcome outcome = run_program(folder.path(), sweep_arguments({"--extend"}));
  CAPTURE(outcome.error);
  CHECK(outcome.status == 0);
  CHECK(results_of(results).tuned == reference_tuning().tuned);
  CHECK(equal(records_of(results), reference_tuning().runs));
  const Outcome again = run_program(folder.path(), sweep_arguments());
  CAPTURE(again.error);
  CHECK(contains(again.error, "4 of 4 runs are finished already"));
  check_refused(folder.path(), {"sweep", "spec.json", "--set", "batch_size=4"}, {"out: ", "base.batch_size"});
}

TEST_CASE("searches that could not be compared are refused before anything runs") {
  TemporaryFolder folder;
  write_file(folder.path() / "spec.json", tuned_sweep_spec);
  const auto refused = [&](const std::vector<std::string>& more, const std::vector<std::string>& words) {
    std::vector<std::string> arguments{"sweep", "spec.json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    check_refused(folder.path(), arguments, words);
    arguments.emplace_back("--dry-run");
    check_refused(folder.path(), arguments, words);
  };
  std::filesystem::create_directories(folder.path() / "results" / "small");
  write_file(folder.path() / "results" / "small" / "times.json", "mine");
  refused({"--timed"}, {"out: ", "times.json"});
  refused({"--seed", "103..105"}, {"tune.seeds: 104"});
  refused({"--set", "budget={\"seconds\": 3}"}, {"budget.seconds: 3"});
  refused({"--set", "target=train.loss<=1"}, {"target: \"train.loss<=1\""});
  refused({"--set", "optimizer.learning_rate=1,2"}, {"tune.space.optimizer.learning_rate", "grid"});
  std::string misspelt = tuned_sweep_spec;
  misspelt.replace(misspelt.find("optimizer.learning_rate"), 23, "optimizer.learnig_rate");
  write_file(folder.path() / "spec.json", misspelt);
  refused({}, {"learnig_rate"});
}
