// Claims about kernels: what is read, refused and judged.
#include "normlab/claims/kernel_claims.h"

#include <doctest/doctest.h>

#include <cmath>

#include "claims/claims_folder.h"
#include "normlab/claims/claims_format.h"
#include "normlab/claims/claims_report.h"

using namespace normlab;
using namespace normlab::test;
using testing::contains;

namespace {

Json kernel_claims(const std::string& kernels) {
  Json json = Json::parse(R"({"schema": "normlab.claims/1",
    "seeds": {"final": [1, 2], "replication": [3, 4]},
    "claims": [{"id": "K1", "claim": "A kernel is fast.", "source": {"paper": "A paper"},
                "pass": "both", "direction": "less", "margin": 0.9}]})");
  json["claims"][0]["kernels"] = Json::parse(kernels);
  return json;
}

const char* const rms_and_growth =
    R"([{"norm": "rms", "reference_norm": "layer", "rows": 128, "features": 1000},
        {"norm": "layer", "reference_features": 256, "rows": 4, "features": 16384, "pass": "forward",
         "margin": 1.5}])";

// Kernels of the plan's first file that have no times yet take as many seconds as the function says, in 31
// rounds that differ.
void write_times(const ClaimsPlan& plan, const std::function<double(const TimedKernel&)>& seconds,
                 const std::string& rule) {
  const PlannedKernels& planned = plan.kernels.at(0);
  constexpr Index rounds = 31;
  KernelTimesRecord record{.file = "small.json", .sha256 = rule, .rounds = {}, .kernels = {}};
  record.rounds.started = "2026-03-01T14:05:09Z";
  record.rounds.environment = {{"cpu", "Imaginary CPU"}};
  record.rounds.rounds = rounds;
  for (const TimedKernel& kernel : missing_kernels(read_kernel_times(planned.times), planned.pairs)) {
    KernelTimes times{.kernel = kernel, .round_seconds = {}, .calls = 100};
    const double unsure = kernel.norm == "rms" ? 0.001 : 0.002;
    for (Index round = 0; round < rounds; ++round)
      times.round_seconds.push_back(seconds(kernel) * std::exp(unsure * static_cast<double>(round - 15)));
    record.kernels.push_back(std::move(times));
  }
  std::filesystem::create_directories(planned.times.parent_path());
  testing::write_file(unused_kernel_times_file(planned.times), to_json(record).dump());
}

}  // namespace

TEST_CASE("claims of kernels name two sides of as many numbers") {
  ClaimsFolder folder;
  folder.write(kernel_claims(rms_and_growth));
  const ClaimsPlan plan = folder.plan(ClaimPhase::final);
  CHECK(plan.experiments.empty());
  REQUIRE(plan.kernels.size() == 1);
  CHECK(plan.kernels[0].times == folder.path() / "results" / "kernels-small.json");
  CHECK(folder.plan(ClaimPhase::replication).kernels[0].times ==
        folder.path() / "results" / "kernels-small-replication.json");
  std::vector<std::string> names;
  for (const TimedKernel& kernel : missing_kernels({}, plan.kernels[0].pairs))
    names.push_back(kernel_name(kernel));
  CHECK(names == std::vector<std::string>{"rms 128x1000 both", "layer 128x1000 both", "layer 4x16384 forward",
                                          "layer 256x256 forward"});
  const auto& contrasts = plan.claims.at(0).contrasts;
  CHECK(contrasts.at(0).cell.label == "rms / layer, 128 x 1000, both");
  CHECK(contrasts.at(1).cell.label == "features 16384 / 256, layer, 65536 numbers, forward");
  CHECK(contrasts[0].contrast->margin == 0.9);
  CHECK(contrasts[1].contrast->margin == 1.5);
}

TEST_CASE("kernels that are not defined or do not compare are refused with their place") {
  ClaimsFolder folder;
  const auto refusal = [&](const std::string& change) {
    Json claims = kernel_claims(R"([{"norm": "rms", "reference_norm": "layer", "rows": 8, "features": 64}])");
    claims["claims"][0]["kernels"][0].merge_patch(Json::parse(change));
    return folder.refusal_of(claims);
  };
  CHECK(refusal("{}") == "");
  CHECK(contains(refusal(R"({"norm": "rsm"})"), "kernels[0].norm: unknown name \"rsm\""));
  CHECK(contains(refusal(R"({"norm": "weight"})"), "kernels[0].norm: \"weight\""));
  CHECK(contains(refusal(R"({"reference_norm": "instance"})"), "reference_norm: \"instance\""));
  CHECK(contains(refusal(R"({"reference_norm": "rms"})"), "reference_norm: \"rms\""));
  CHECK(contains(refusal(R"({"reference_norm": "batch", "rows": 1})"), "reference_norm: \"batch\""));
  CHECK(contains(refusal(R"({"reference_norm": null})"), "either reference_norm or reference_features"));
  CHECK(contains(refusal(R"({"reference_features": 32})"), "either reference_norm or reference_features"));
  CHECK(contains(refusal(R"({"reference_norm": null, "reference_features": 100})"), "a divisor of 512"));
  CHECK(contains(refusal(R"({"reference_norm": null, "reference_features": 64})"), "reference_features: 64"));
  CHECK(contains(refusal(R"({"rows": 0})"), "rows: 0"));
  CHECK(contains(refusal(R"({"features": 1.5})"), "features: 1.5"));
  CHECK(contains(refusal(R"({"rows": 1000000, "features": 1000000})"), "numbers in all"));
  CHECK(contains(refusal(R"({"pass": "sideways"})"), "known are forward, backward, both"));
  CHECK(contains(refusal(R"({"target": "validation.error<=0.1"})"), "target"));
}

TEST_CASE("kernels are judged by their rounds, at the level of the whole file") {
  ClaimsFolder folder;
  folder.write(kernel_claims(rms_and_growth));
  const ClaimsPlan final = folder.plan(ClaimPhase::final), again = folder.plan(ClaimPhase::replication);
  CHECK(judge_claims(final, again).claims[0].verdict() == "not run");
  const auto seconds = [](const TimedKernel& kernel) {
    return kernel.norm == "rms" ? 0.85e-4 : kernel.features == 16384 ? 1.2e-4 : 1e-4;
  };
  write_times(final, seconds, final.files[0].sha256);
  const ClaimsReport report = judge_claims(final, again);
  const JudgedClaim& claim = report.claims[0];
  CHECK(claim.verdict() == "supported");
  CHECK(claim.replication() == "not run");
  CHECK(claim.doubt == "");
  const JudgedCell& rms = claim.contrasts[0].final;
  CHECK(rms.judgement.value().ratio.ratio == doctest::Approx(0.85));
  CHECK(rms.judgement->level == doctest::Approx(0.05 / 2));
  CHECK(rms.judgement->p == doctest::Approx(std::exp2(-30)));
  CHECK(claim.contrasts[1].final.judgement.value().ratio.ratio == doctest::Approx(1.2));
  CHECK(contains(render_claims(report, "text"), "kernel time < 0.9"));
  CHECK(contains(render_claims(report, "markdown"), "31 rounds"));
  write_times(
      again, [](const TimedKernel&) { return 1e-4; }, "another");
  const ClaimsReport both = judge_claims(final, again);
  CHECK(both.claims[0].replication() == "contradicted");
  CHECK(both.claims[0].replication_doubt == "rule changed after the data");
}

TEST_CASE("kernels that a file got later are measured by themselves, and no times are replaced") {
  ClaimsFolder folder;
  Json claims =
      kernel_claims(R"([{"norm": "rms", "reference_norm": "layer", "rows": 128, "features": 1000}])");
  folder.write(claims);
  const ClaimsPlan first = folder.plan(ClaimPhase::final), again = folder.plan(ClaimPhase::replication);
  const auto seconds = [](const TimedKernel& kernel) { return kernel.norm == "rms" ? 0.85e-4 : 1e-4; };
  write_times(first, seconds, first.files[0].sha256);
  const std::filesystem::path file = first.kernels[0].times;
  const std::string written = testing::read_file(file);
  CHECK(judge_claims(first, again).claims[0].doubt == "");

  claims["claims"][0]["margin"] = 0.8;  // of which the first times tell
  claims["claims"].push_back(claims["claims"][0]);
  claims["claims"][1]["id"] = "K2";
  claims["claims"][1]["kernels"][0]["reference_norm"] = "batch";
  folder.write(claims);
  const ClaimsPlan later = folder.plan(ClaimPhase::final), later_again = folder.plan(ClaimPhase::replication);
  const std::vector<KernelTimesRecord> old = read_kernel_times(file);
  const std::vector<TimedKernel> missing = missing_kernels(old, later.kernels.at(0).pairs);
  REQUIRE(missing.size() == 2);  // both of the new pair, since rounds of two times do not compare
  CHECK(missing[0].norm == "rms");
  CHECK(missing[1].norm == "batch");
  CHECK(judge_claims(later, later_again).claims[1].verdict() == "not run");
  write_times(later, seconds, later.files[0].sha256);
  CHECK(testing::read_file(file) == written);
  CHECK(std::filesystem::exists(folder.path() / "results" / "kernels-small-more-2.json"));
  CHECK(missing_kernels(read_kernel_times(file), later.kernels[0].pairs).empty());
  const ClaimsReport report = judge_claims(later, later_again);
  CHECK(report.claims[0].doubt == "rule changed after the data");
  CHECK(report.claims[1].doubt == "");
  CHECK(report.claims[1].contrasts[0].final.judgement.value().ratio.ratio == doctest::Approx(0.85));
}

TEST_CASE("kernel times that are damaged are passed over, and stay where they are") {
  ClaimsFolder folder;
  folder.write(kernel_claims(rms_and_growth));
  const ClaimsPlan plan = folder.plan(ClaimPhase::final);
  std::filesystem::create_directories(plan.kernels[0].times.parent_path());
  testing::write_file(plan.kernels[0].times, "{");
  CHECK(read_kernel_times(plan.kernels[0].times).empty());
  CHECK(unused_kernel_times_file(plan.kernels[0].times).filename() == "kernels-small-more-2.json");
}
