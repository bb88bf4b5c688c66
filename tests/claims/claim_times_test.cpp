// Verdicts on seconds and on the time of a step, from step times that were measured apart.
#include "normlab/claims/claim_times.h"

#include <doctest/doctest.h>

#include "claims/claims_folder.h"
#include "normlab/claims/claims_format.h"
#include "normlab/claims/claims_report.h"
#include "normlab/claims/registration.h"

using namespace normlab;
using namespace normlab::test;
using testing::contains;

namespace {

// "Layer norm costs time per step, yet saves time to the target."
const char* const cost_and_gain =
    R"([{"setting": "norm", "value": "layer", "reference": "none", "where": {"batch_size": 4},
         "measure": "step_time", "direction": "greater"},
        {"setting": "norm", "value": "layer", "reference": "none", "where": {"batch_size": 4},
         "measure": "seconds"}])";

// Layer norm takes 3 to 5 epochs, everything else 6 to 8: a ratio of 4 / 7.
std::optional<double> layer_takes_fewer(const RunConfig& config) {
  return static_cast<double>(config.seed % 3) + (config.norm.kind == Norm::layer ? 3 : 6);
}

// A step of layer norm takes so many times as long as others.
ClaimsFolder::SecondsOf layer_costs(double factor) {
  return [factor](const RunConfig& config) { return 0.001 * (config.norm.kind == Norm::layer ? factor : 1); };
}

struct TimedClaims {
  explicit TimedClaims(const std::string& contrasts = cost_and_gain) {
    folder.write(folder.claims(contrasts));
  }
  ClaimsReport judge() {
    final = folder.plan(ClaimPhase::final);
    replication = folder.plan(ClaimPhase::replication);
    return judge_claims(final, replication);
  }
  ClaimsFolder folder;
  ClaimsPlan final, replication;
};

}  // namespace

TEST_CASE("a step that takes longer, and a target that is reached sooner, are judged by step times") {
  TimedClaims claims;
  claims.folder.add_records(ClaimPhase::final, layer_takes_fewer);
  claims.folder.add_times(ClaimPhase::final, layer_costs(1.2));
  const ClaimsReport report = claims.judge();
  const JudgedClaim& claim = report.claims[0];
  CHECK(claim.verdict() == "supported");
  const JudgedCell &step = claim.contrasts[0].final, &seconds = claim.contrasts[1].final;
  CHECK(step.judgement.value().ratio.ratio == doctest::Approx(1.2));
  CHECK(step.judgement->p == doctest::Approx(std::exp2(-30)));
  CHECK(step.evidence.ratios.size() == 31);
  CHECK(seconds.judgement.value().ratio.ratio == doctest::Approx(1.2 * 4 / 7));
  CHECK(seconds.evidence.horizon == doctest::Approx(8 * 13750 * 0.001 * 1.05));
  const std::string text = render_claims(report, "text");
  CHECK(contains(text, "step time > 1"));
  CHECK(contains(text, "31 rounds"));
  CHECK(contains(text, "seconds < 1"));
  const Json json = Json::parse(render_claims(report, "json"))["claims"][0]["contrasts"];
  CHECK(json[0]["measure"] == "step_time");
  CHECK(json[0]["final"]["duration_ratio"]["median"].get<double>() == doctest::Approx(1.2));
  CHECK(json[1]["target"] == "validation.error<=0.12");
  CHECK(json[1]["final"]["rounds"] == 31);
}

TEST_CASE("fewer steps that take as much longer save no seconds, and vague step times leave it open") {
  TimedClaims claims;
  claims.folder.add_records(ClaimPhase::final, layer_takes_fewer);
  claims.folder.add_times(ClaimPhase::final, layer_costs(2.2));
  CHECK(claims.judge().claims[0].contrasts[1].final.verdict() == "contradicted");
  claims.folder.add_times(ClaimPhase::final, layer_costs(7. / 4));
  CHECK(claims.judge().claims[0].contrasts[1].final.verdict() == "undecided");
  claims.folder.add_times(ClaimPhase::final, layer_costs(1.2), 1);
  CHECK(claims.judge().claims[0].contrasts[1].final.verdict() == "undecided");
}

TEST_CASE("what was not timed has no verdict, and a step's time needs no runs") {
  TimedClaims claims;
  claims.folder.add_records(ClaimPhase::final, layer_takes_fewer);
  const ClaimsReport untimed = claims.judge();
  CHECK(untimed.claims[0].verdict() == "not run");
  CHECK(contains(render_claims(untimed, "text"), "10 (not timed)"));
  TimedClaims others;
  others.folder.add_times(ClaimPhase::final, layer_costs(1.2));
  const ClaimsReport report = others.judge();
  CHECK(report.claims[0].contrasts[0].final.verdict() == "supported");
  CHECK(report.claims[0].contrasts[1].final.verdict() == "not run");
  CHECK(needs_runs(others.final, 0));
  CHECK(needs_step_times(others.final, 0));
  TimedClaims step(R"([{"setting": "norm", "value": "layer", "reference": "none", "measure": "step_time"}])");
  CHECK_FALSE(needs_runs(step.folder.plan(ClaimPhase::final), 0));
  TimedClaims steps(layer_contrast);
  CHECK_FALSE(needs_step_times(steps.folder.plan(ClaimPhase::final), 0));
}

TEST_CASE("a damaged times.json, one without the cells and one of another machine are not judged by") {
  TimedClaims claims;
  claims.folder.add_records(ClaimPhase::final, layer_takes_fewer);
  claims.folder.add_times(ClaimPhase::final, layer_costs(1.2), 0.01, "Another CPU");
  const ClaimsReport other = claims.judge();
  CHECK(other.claims[0].contrasts[0].final.verdict() == "supported");  // of that machine
  CHECK(other.claims[0].contrasts[1].final.verdict() == "not comparable");
  CHECK(contains(render_claims(other, "text"), "of another machine"));
  const std::filesystem::path file = claims.final.experiments[0].folder / "times.json";
  Json times = Json::parse(testing::read_file(file));
  times["cells"] = Json::array();
  testing::write_file(file, times.dump());
  CHECK(claims.judge().claims[0].verdict() == "not run");
  testing::write_file(file, "{");
  CHECK(claims.judge().claims[0].verdict() == "not run");
}

TEST_CASE("a cell that could not be timed does not compare") {
  TimedClaims claims;
  claims.folder.add_times(ClaimPhase::final, layer_costs(1.2));
  const std::filesystem::path file =
      claims.folder.plan(ClaimPhase::final).experiments[0].folder / "times.json";
  Json times = Json::parse(testing::read_file(file));
  for (Json& cell : times["cells"]) {
    if (contains(cell["cell"].get<std::string>(), "layer-b4"))
      cell = {{"cell", cell["cell"]}, {"settings", cell["settings"]}, {"reason", "its loss explodes"}};
  }
  testing::write_file(file, times.dump());
  const ClaimsReport report = claims.judge();
  CHECK(report.claims[0].contrasts[0].final.verdict() == "not comparable");
  CHECK(contains(render_claims(report, "text"), "its loss explodes"));
}

TEST_CASE("a rule that came after the step times is doubted") {
  TimedClaims claims;
  claims.folder.add_times(ClaimPhase::final, layer_costs(1.2));
  CHECK(claims.judge().claims[0].doubt == "rule not registered before the data");
  const ClaimsPlan plan = claims.folder.plan(ClaimPhase::final);
  register_rule(plan.experiments[0].folder, plan.files[0], plan.experiments[0].sha256);
  CHECK(claims.judge().claims[0].doubt == "rule added after the data");
}

TEST_CASE("a step's time has no target, and seconds need one") {
  TimedClaims claims;
  const auto refusal = [&](const char* measure, bool target) {
    Json file = claims.folder.claims(R"([{"setting": "norm", "value": "layer", "reference": "none"}])");
    Json& claim = file["claims"][0];
    claim.erase("target");
    claim.erase("for");
    claim["contrasts"][0]["measure"] = measure;
    if (target) claim["contrasts"][0]["target"] = "validation.error<=0.12";
    return claims.folder.refusal_of(file);
  };
  CHECK(contains(refusal("step_time", true),
                 "only the measures steps, epochs, seconds and reached have a target"));
  CHECK(refusal("step_time", false) == "");
  CHECK(contains(refusal("seconds", false), "contrasts[0].target: nothing"));
  CHECK(refusal("seconds", true) == "");
  CHECK(contains(refusal("kernel_time", false), "known are"));
}
