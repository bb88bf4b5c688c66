#include "normlab/claims/invariance.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "claims/claims_folder.h"
#include "normlab/claims/claims_format.h"
#include "normlab/claims/claims_report.h"

using namespace normlab;
using namespace normlab::test;
using testing::contains;

namespace {

constexpr std::uint64_t some_seeds[] = {1, 2, 3};

std::string verdict_on(const std::string& norm, const std::string& change, bool invariant) {
  const Invariance invariance{norm, change, invariant};
  return output_change(invariance, some_seeds).verdict(invariant);
}

Json claims_with(const ClaimsFolder& folder, const std::string& invariances) {
  Json claims = folder.claims(layer_contrast);
  Json& claim = claims["claims"][0];
  for (const char* key : {"experiment", "measure", "target", "for", "direction", "contrasts"})
    claim.erase(key);
  claim["invariances"] = Json::parse(invariances);
  return claims;
}

}  // namespace

TEST_CASE("outputs that stay and outputs that change are told apart, whatever was claimed") {
  // Nothing normalizes: only what changes neither weights nor data would leave the output.
  for (const std::string& change : invariance_changes()) {
    CAPTURE(change);
    if (change == "other_samples" || change == "test_mode") continue;
    CHECK(verdict_on("none", change, true) == "contradicted");
    CHECK(verdict_on("none", change, false) == "supported");
  }
  CHECK(verdict_on("layer", "data_scale", true) == "supported");
  CHECK(verdict_on("layer", "data_scale", false) == "contradicted");
  CHECK(verdict_on("rms", "data_scale", true) == "supported");
  CHECK(verdict_on("rms", "weight_matrix_shift", true) == "contradicted");  // it does not centre
  CHECK(verdict_on("layer", "weight_matrix_shift", true) == "supported");
  CHECK(verdict_on("dyt", "data_scale", true) == "contradicted");
}

TEST_CASE("batch norm alone looks at other samples, and computes something else in a test") {
  for (const char* change : {"other_samples", "test_mode"}) {
    CAPTURE(change);
    for (const char* norm : {"none", "layer", "rms", "weight", "dyt"}) {
      CAPTURE(norm);
      CHECK(verdict_on(norm, change, true) == "supported");
      CHECK(verdict_on(norm, change, false) == "contradicted");
    }
    CHECK(verdict_on("batch", change, false) == "supported");
    CHECK(verdict_on("batch", change, true) == "contradicted");
  }
}

TEST_CASE("a change between rounding and a clear one is undecided") {
  CHECK(OutputChange{0.005, 0.005}.verdict(true) == "undecided");
  CHECK(OutputChange{1e-7, 1}.verdict(true) == "undecided");
  CHECK(OutputChange{0, 1e-3}.verdict(true) == "supported");
  CHECK(OutputChange{1e-2, 1}.verdict(true) == "contradicted");
}

TEST_CASE("claims of invariances need no experiment, and are reported with the others") {
  ClaimsFolder folder;
  folder.write(claims_with(folder, R"([{"norm": "layer", "change": "data_scale", "invariant": true},
                                       {"norm": "layer", "change": "data_shift", "invariant": true}])"));
  const ClaimsPlan final = folder.plan(ClaimPhase::final), replication = folder.plan(ClaimPhase::replication);
  CHECK(final.experiments.empty());
  const ClaimsReport report = judge_claims(final, replication);
  CHECK(report.claims.at(0).verdict() == "contradicted");
  CHECK(report.claims[0].replication() == "contradicted");
  CHECK(contains(render_claims(report, "text"), "layer, data scale"));
  const Json json = Json::parse(render_claims(report, "json"))["claims"][0];
  CHECK(json["invariances"][0]["final"]["verdict"] == "supported");
  CHECK(json["invariances"][1]["final"]["smallest_change"].get<double>() > 0.01);
}

TEST_CASE("invariances that cannot be looked at are refused") {
  ClaimsFolder folder;
  const auto refusal = [&](const std::string& one) {
    return folder.refusal_of(claims_with(folder, "[" + one + "]"));
  };
  CHECK(contains(refusal(R"({"norm": "layre", "change": "data_scale", "invariant": true})"), "\"layer\"?"));
  CHECK(contains(refusal(R"({"norm": "layer", "change": "data", "invariant": true})"), "data_shift"));
  CHECK(contains(refusal(R"({"norm": "layer", "change": "data_scale", "invariant": 1})"), "true or false"));
  CHECK(contains(refusal(R"({"norm": "instance", "change": "data_scale", "invariant": true})"), "instance"));
  Json both = claims_with(folder, R"([{"norm": "layer", "change": "data_scale", "invariant": true}])");
  both["claims"][0]["measure"] = "steps";
  CHECK(contains(folder.refusal_of(both), "\"measure\""));
}
