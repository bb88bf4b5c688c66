// Claims as a whole: their runs trained, their rules kept beside the results, verdicts printed.
#include <doctest/doctest.h>

#include <functional>

#include "cli/small_sweep.h"
#include "normlab/core/sha256.h"

using namespace normlab::testing;

namespace {

const char* const claims_spec = R"({"name": "tiny",
  "base": {"dataset": {"name": "synthetic", "train_limit": 300, "validation_limit": 100, "test_limit": 100}, "model": {"name": "mlp", "hidden": [16]},
           "target": "validation.loss<=0.0001", "keep_training": true, "budget": 2},
  "grid": {"norm": ["none", "layer"]}})";

// Seeds are two a side, so that no outcome is significant.
json tiny_claims() {
  json claims = json::parse(R"({"schema": "normlab.claims/1",
    "seeds": {"final": [1, 2], "replication": [3, 4]},
    "claims": [{"id": "T1", "claim": "Layer norm is better.", "source": {"paper": "A paper"},
                "experiment": {"spec": "../spec.json"}, "measure": "final_metric", "direction": "less",
                "contrasts": [{"setting": "norm", "value": "layer", "reference": "none"}]}]})");
  claims["claims"][0]["experiment"]["sha256"] = normlab::sha256(claims_spec);
  return claims;
}

void write_claims(const TemporaryFolder& folder, const json& claims) {
  write_file(folder.path() / "spec.json", claims_spec);
  std::filesystem::create_directories(folder.path() / "claims");
  write_file(folder.path() / "claims" / "tiny.json", claims.dump());
}

std::vector<std::string> claims_arguments(const std::string& part,
                                          const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{"claims", part, "claims"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

}  // namespace

TEST_CASE("claims are checked, run once, reported and replicated") {
  TemporaryFolder folder;
  write_claims(folder, tiny_claims());
  const std::filesystem::path results = folder.path() / "results" / "claims";
  CHECK(contains(run_program(folder.path(), claims_arguments("check")).out, "T1: 1 contrast of"));
  CHECK_FALSE(std::filesystem::exists(results));
  const Outcome before = run_program(folder.path(), claims_arguments("report"));
  CHECK(before.status == 0);
  CHECK(contains(before.out, "not run"));

  const Outcome ran = run_program(folder.path(), claims_arguments("run"));
  CAPTURE(ran.error);
  REQUIRE(ran.status == 0);
  CHECK(contains(ran.out, "underpowered"));
  CHECK(contains(ran.out, "replication: not run"));
  CHECK(count_files(results / "tiny" / "runs") == 4);
  const json rules = json::parse(read_file(results / "tiny" / "claims.json"))["rules"];
  REQUIRE(rules.size() == 1);
  CHECK(rules[0]["sha256"] == normlab::sha256(read_file(folder.path() / "claims" / "tiny.json")));
  CHECK(rules[0]["experiment_sha256"] == normlab::sha256(claims_spec));
  CHECK(rules[0]["records"] == 0);

  const auto files = files_below(results / "tiny" / "runs");
  CHECK(run_program(folder.path(), claims_arguments("run")).status == 0);
  CHECK(files_below(results / "tiny" / "runs") == files);  // nothing was trained again

  const Outcome again = run_program(folder.path(), claims_arguments("replicate", {"--format", "json"}));
  REQUIRE(again.status == 0);
  CHECK(count_files(results / "tiny-replication" / "runs") == 4);
  CHECK(std::filesystem::exists(results / "tiny-replication" / "claims.json"));
  const json report = json::parse(again.out)["claims"][0];
  CHECK(report["verdict"] == "underpowered");
  CHECK(report["replication"] == "underpowered");
  CHECK_FALSE(report.contains("rule_doubt"));
  CHECK(run_program(folder.path(), claims_arguments("report", {"--format", "json"})).out == again.out);
}

TEST_CASE("claims that changed after their runs began are told so") {
  TemporaryFolder folder;
  json claims = tiny_claims();
  write_claims(folder, claims);
  REQUIRE(run_program(folder.path(), claims_arguments("run")).status == 0);
  CHECK_FALSE(contains(run_program(folder.path(), claims_arguments("report")).out, "after the data"));
  claims["claims"][0]["margin"] = 2;
  write_claims(folder, claims);
  CHECK(contains(run_program(folder.path(), claims_arguments("report")).out, "rule changed after the data"));
  CHECK(contains(run_program(folder.path(), claims_arguments("run")).out, "rule changed after the data"));
}

TEST_CASE("claims that cannot be judged are refused before anything runs") {
  const auto check = [](const std::function<void(json&)>& change, const std::vector<std::string>& words) {
    TemporaryFolder folder;
    json claims = tiny_claims();
    change(claims);
    write_claims(folder, claims);
    for (const char* part : {"run", "report", "replicate", "check"})
      check_refused(folder.path(), claims_arguments(part), words);
  };
  check([](json& claims) { claims["claims"][0]["experiment"]["spec"] = "../absent.json"; }, {"absent.json"});
  check([](json& claims) { claims["claims"][0]["experiment"]["sha256"] = "0"; }, {"sha256"});
  check([](json& claims) { claims["claims"][0]["contrasts"][0]["value"] = "rms"; }, {"claim T1", "\"rms\""});
  check([](json& claims) { claims["claims"][0]["measure"] = "second"; }, {"did you mean \"seconds\"?"});
  check([](json& claims) { claims["seeds"]["replication"] = {2, 3}; }, {"seeds.replication: 2"});
  check([](json& claims) { claims["claims"][0]["contrasts"][0]["setting"] = "dataset.train_limit"; },
        {"same data"});
  check(
      [](json& claims) {
        claims["claims"][0]["measure"] = "steps";
        claims["claims"][0]["target"] = "validation.accuracy>=0.9";
      },
      {"accuracy"});
  TemporaryFolder folder;
  write_claims(folder, tiny_claims());
  check_refused(folder.path(), claims_arguments("report", {"--format", "table"}), {"format", "\"table\""});
  check_refused(folder.path(), {"claims", "run", "absent"}, {"claims", "absent"});
  check_refused(folder.path(), {"claims"}, {"run", "replicate"});
  check_refused(folder.path(), claims_arguments("run", {"--jobs", "0"}), {"jobs"});
}

TEST_CASE("claims about durations measure them once, and train nothing for them") {
  TemporaryFolder folder;
  json claims = tiny_claims();
  claims["claims"][0]["measure"] = "step_time";
  claims["claims"].push_back(json::parse(R"({"id": "T2", "claim": "RMS norm is faster.",
    "source": {"paper": "A paper"}, "pass": "forward", "direction": "less",
    "kernels": [{"norm": "rms", "reference_norm": "layer", "rows": 8, "features": 64}]})"));
  write_claims(folder, claims);
  const std::filesystem::path results = folder.path() / "results" / "claims";
  const Outcome before = run_program(folder.path(), claims_arguments("report"));
  CHECK(contains(before.out, "not timed"));
  CHECK_FALSE(std::filesystem::exists(results));
  CHECK(contains(run_program(folder.path(), claims_arguments("check")).out, "T2: 1 contrast of kernels"));

  const Outcome ran = run_program(folder.path(), claims_arguments("run", {"--format", "json"}));
  CAPTURE(ran.error);
  REQUIRE(ran.status == 0);
  const json judged = json::parse(ran.out)["claims"];
  CHECK(judged[0]["contrasts"][0]["final"]["rounds"] == 31);
  CHECK(judged[0]["contrasts"][0]["final"].contains("ratio"));
  CHECK(judged[0]["replication"] == "not run");
  CHECK(judged[1]["contrasts"][0]["kernels"]["first"] == "rms 8x64 forward");
  CHECK(judged[1]["contrasts"][0]["final"].contains("ratio"));
  CHECK(std::filesystem::exists(results / "tiny" / "times.json"));
  CHECK_FALSE(std::filesystem::exists(results / "tiny" / "runs"));
  const json kernels = json::parse(read_file(results / "kernels-tiny.json"));
  CHECK(kernels["schema"] == "normlab.kernel_times/1");
  CHECK(kernels["sha256"] == normlab::sha256(read_file(folder.path() / "claims" / "tiny.json")));

  const auto files = files_below(results);
  const Outcome again = run_program(folder.path(), claims_arguments("run", {"--format", "json"}));
  CHECK(again.out == ran.out);
  CHECK(files_below(results) == files);  // nothing was measured again
  claims["claims"][0]["margin"] = 2;
  write_claims(folder, claims);
  const json report =
      json::parse(run_program(folder.path(), claims_arguments("report", {"--format", "json"})).out);
  for (const json& claim : report["claims"]) CHECK(claim["rule_doubt"] == "rule changed after the data");
}
