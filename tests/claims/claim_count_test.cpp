// The measure `reached`: with how many values of a setting a seed's runs reach the target.
#include <doctest/doctest.h>

#include "claims/claims_folder.h"
#include "normlab/claims/claims_format.h"
#include "normlab/claims/claims_report.h"

using namespace normlab;
using namespace normlab::test;
using testing::contains;

namespace {

const std::string rate_spec = R"({"name": "small",
  "base": {"dataset": "synthetic", "target": "validation.error<=0.12"},
  "grid": {"norm": ["none", "layer"], "optimizer.learning_rate": [0.001, 0.01, 0.1, 1, 10]}})";

const char* const norms = R"([{"setting": "norm", "value": "layer", "reference": "none"}])";

Json claims_of_counts(const ClaimsFolder& folder, const std::string& contrasts = norms) {
  Json claims = folder.claims(contrasts);
  claims["claims"][0].update({{"measure", "reached"}, {"over", "optimizer.learning_rate"}});
  claims["claims"][0]["direction"] = "greater";
  return claims;
}

// Without a norm rates up to 0.01 do, for odd seeds up to 0.1; with one up to 1. The largest diverges.
std::optional<double> epochs_at_rate(const RunConfig& config) {
  const double rate = config.optimizer.learning_rate;
  if (rate > 5) return -1;
  const double most = config.norm.kind == Norm::layer ? 1 : config.seed % 2 == 1 ? 0.1 : 0.01;
  return rate <= most ? 3 : 0;
}

struct JudgedCount {
  explicit JudgedCount(const ClaimsFolder& folder)
      : final(folder.plan(ClaimPhase::final)),
        replication(folder.plan(ClaimPhase::replication)),
        report(judge_claims(final, replication)) {}
  const JudgedContrast& contrast() const { return report.claims.at(0).contrasts.at(0); }

  ClaimsPlan final, replication;
  ClaimsReport report;
};

}  // namespace

TEST_CASE("values with which a seed's runs reach the target are counted, and compared by seed") {
  ClaimsFolder folder(rate_spec);
  folder.write(claims_of_counts(folder));
  const ClaimsPlan plan = folder.plan(ClaimPhase::final);
  REQUIRE(plan.claims[0].contrasts.size() == 1);
  CHECK(plan.claims[0].contrasts[0].cell.label == "layer / none");
  CHECK(plan.claims[0].contrasts[0].cell.first.size() == 50);
  CHECK(plan.claims[0].contrasts[0].cell.seeds() == 10);
  folder.add_records(ClaimPhase::final, epochs_at_rate);
  const JudgedCount judged(folder);
  const JudgedCell& cell = judged.contrast().final;
  CHECK(judged.contrast().seeds == 10);
  REQUIRE(cell.evidence.first.size() == 10);
  for (std::size_t seed = 0; seed < 10; ++seed) {
    CHECK(cell.evidence.first[seed].time == 4.5);
    CHECK(cell.evidence.second[seed].time == (seed % 2 == 0 ? 3.5 : 2.5));  // seeds begin with 1
  }
  CHECK(cell.evidence.reached_second == 25);
  CHECK(cell.verdict() == "supported");
  CHECK(cell.judgement.value().ratio.ratio == doctest::Approx(4.5 / 3));
  CHECK(cell.judgement->p == doctest::Approx(2. / 1024));
  CHECK(contains(render_claims(judged.report, "text"), "reached > 1"));
  const Json json = Json::parse(render_claims(judged.report, "json"))["claims"][0]["contrasts"][0];
  CHECK(json["over"] == "optimizer.learning_rate");
  CHECK(json["target"] == "validation.error<=0.12");
  CHECK(json["final"]["reached"]["first"] == 40);
}

TEST_CASE("an axis of whole optimizers is told from that of their learning rates") {
  ClaimsFolder folder(R"({"name": "small",
    "base": {"dataset": "synthetic", "target": "validation.error<=0.12"},
    "grid": {"norm": ["none", "layer"], "optimizer": ["sgd", "adam"],
             "optimizer.learning_rate": [0.001, 0.01, 0.1]}})");
  folder.write(claims_of_counts(folder));
  const ClaimsPlan plan = folder.plan(ClaimPhase::final);
  const std::vector<PlannedContrast>& contrasts = plan.claims[0].contrasts;
  REQUIRE(contrasts.size() == 2);
  CHECK(contrasts[0].cell.label == "layer / none, sgd");
  CHECK(contrasts[1].cell.label == "layer / none, adam");
  CHECK(contrasts[1].cell.second.size() == 30);
}

TEST_CASE("counts are fragile where another target changes the verdict") {
  ClaimsFolder folder(rate_spec);
  Json claims = claims_of_counts(folder);
  claims["claims"][0]["thresholds"] = Json::array({0.5});  // which every run reaches
  folder.write(claims);
  folder.add_records(ClaimPhase::final, epochs_at_rate);
  CHECK(JudgedCount(folder).contrast().final.fragile ==
        std::vector<std::string>{"undecided for validation.error<=0.5"});
}

TEST_CASE("a target that no run reaches does not compare counts, and says so") {
  ClaimsFolder folder(R"({"name": "small", "base": {"dataset": "synthetic", "keep_training": true,
    "target": "validation.error<=0.12"},
    "grid": {"norm": ["none", "layer"], "optimizer.learning_rate": [0.001, 0.01, 0.1, 1, 10]}})");
  Json claims = claims_of_counts(folder);
  claims["claims"][0]["thresholds"] = Json::array({0.05});
  folder.write(claims);
  folder.add_records(ClaimPhase::final, epochs_at_rate);
  CHECK(JudgedCount(folder).contrast().final.fragile ==
        std::vector<std::string>{"not comparable for validation.error<=0.05"});
}

TEST_CASE("a seed that never reaches the target counts, and a missing run is waited for") {
  ClaimsFolder folder(rate_spec);
  folder.write(claims_of_counts(folder));
  folder.add_records(ClaimPhase::final, [](const RunConfig& config) -> std::optional<double> {
    if (config.seed == 3 && config.norm.kind == Norm::none) return 0;
    return epochs_at_rate(config);
  });
  const JudgedCount with_none(folder);
  CHECK(with_none.contrast().final.verdict() == "supported");
  CHECK(with_none.contrast().final.judgement->ratio.ratio == doctest::Approx(4.5 / 2.7));
  const ClaimsPlan plan = folder.plan(ClaimPhase::final);
  std::filesystem::remove(plan.experiments[0].folder / "runs" / (plan.experiments[0].runs[7].id + ".json"));
  const JudgedCount judged(folder);
  CHECK(judged.contrast().final.verdict() == "not run");
  CHECK(contains(render_claims(judged.report, "text"), "1 of 100 runs missing"));
}

TEST_CASE("what cannot be counted is refused") {
  ClaimsFolder folder(rate_spec);
  const auto over = [&](const Json& axis) {
    Json claims = claims_of_counts(folder);
    claims["claims"][0]["over"] = axis;
    return folder.refusal_of(claims);
  };
  for (const char* axis : {"batch_size", "norm", "seed", "optimizer"}) {
    CAPTURE(axis);
    CHECK(contains(over(axis), "over: \"" + std::string(axis) + "\""));
  }
  Json claims = claims_of_counts(folder);
  claims["claims"][0].erase("over");
  CHECK(contains(folder.refusal_of(claims), "over: nothing"));
  claims = claims_of_counts(folder, R"([{"setting": "norm", "value": "layer", "reference": "none",
                                         "measure": "steps", "over": "optimizer.learning_rate"}])");
  CHECK(contains(folder.refusal_of(claims), "only the measure reached counts values"));
  claims = claims_of_counts(folder);
  claims["claims"][0].erase("target");
  CHECK(contains(folder.refusal_of(claims), "target: nothing"));
}
