#include "normlab/claims/claims_report.h"

#include <doctest/doctest.h>

#include "claims/claims_folder.h"
#include "normlab/analysis/export/page_assets.h"
#include "normlab/claims/claims_format.h"
#include "normlab/claims/registration.h"

using namespace normlab;
using namespace normlab::test;
using testing::contains;

namespace {

// Both plans have to live as long as their report.
struct Judged {
  ClaimsPlan final, replication;
  ClaimsReport report;

  explicit Judged(const ClaimsFolder& folder)
      : final(folder.plan(ClaimPhase::final)),
        replication(folder.plan(ClaimPhase::replication)),
        report(judge_claims(final, replication)) {}
  const JudgedClaim& claim() const { return report.claims.at(0); }
};

double spread(const RunConfig& config) {
  return static_cast<double>(config.seed % 3);
}

// Layer norm takes 3 to 5 epochs, everything else 6 to 8.
std::optional<double> layer_is_faster(const RunConfig& config) {
  return spread(config) + (config.norm.kind == Norm::layer ? 3 : 6);
}

void register_all(const ClaimsFolder& folder, ClaimPhase phase = ClaimPhase::final) {
  const ClaimsPlan plan = folder.plan(phase);
  std::filesystem::create_directories(plan.experiments[0].folder);
  register_rule(plan.experiments[0].folder, plan.files[0], plan.experiments[0].sha256);
}

}  // namespace

TEST_CASE("a claim is judged by the records of its runs") {
  ClaimsFolder folder;
  folder.write(folder.claims(R"([{"setting": "norm", "value": "layer", "reference": "none"}])"));
  register_all(folder);
  CHECK(Judged(folder).claim().verdict() == "not run");
  folder.add_records(ClaimPhase::final, layer_is_faster);
  const Judged judged(folder);
  const JudgedClaim& claim = judged.claim();
  CHECK(claim.verdict() == "supported");
  CHECK(claim.replication() == "not run");
  CHECK(claim.doubt == "");
  CHECK_FALSE(claim.is_fragile());
  const Judgement& judgement = claim.contrasts.at(0).final.judgement.value();
  CHECK(judgement.ratio.ratio == doctest::Approx(4. / 7));
  CHECK(judgement.p == doctest::Approx(2. / 1024));
  CHECK(claim.contrasts[0].final.evidence.reached_first == 10);
}

TEST_CASE("a claim of several contrasts is supported by all and contradicted by one") {
  ClaimsFolder folder;
  folder.write(folder.claims(R"([{"setting": "norm", "value": "layer", "reference": "none"},
                                 {"setting": "norm", "value": "batch", "reference": "none",
                                  "where": {"batch_size": 4}}])"));
  folder.add_records(ClaimPhase::final, [](const RunConfig& config) -> std::optional<double> {
    return config.norm.kind == Norm::batch ? 9 : *layer_is_faster(config);
  });
  const Judged judged(folder);
  CHECK(judged.claim().contrasts[0].final.verdict() == "supported");
  CHECK(judged.claim().contrasts[2].final.verdict() == "contradicted");
  CHECK(judged.claim().verdict() == "contradicted");
  CHECK(judged.claim().contrasts[0].final.judgement->level <= 0.05 / 2 + 1e-9);  // a family of three
}

TEST_CASE("runs that miss their target and runs that diverge count as slow") {
  ClaimsFolder folder;
  folder.write(folder.claims(layer_contrast));
  folder.add_records(ClaimPhase::final, [](const RunConfig& config) -> std::optional<double> {
    if (config.norm.kind == Norm::layer) return 3 + spread(config);
    return config.seed % 2 == 0 ? 0 : -1;
  });
  const Judged judged(folder);
  CHECK(judged.claim().verdict() == "supported");
  const ClaimEvidence& evidence = judged.claim().contrasts[0].final.evidence;
  CHECK(evidence.horizon == 10);
  CHECK(evidence.reached_first == 10);
  CHECK(evidence.reached_second == 0);
}

TEST_CASE("no verdict is given before all runs have ended") {
  ClaimsFolder folder;
  folder.write(folder.claims(layer_contrast));
  folder.add_records(ClaimPhase::final, [](const RunConfig& config) {
    return config.seed == 7 && config.norm.kind == Norm::layer ? std::nullopt : layer_is_faster(config);
  });
  const Judged judged(folder);
  CHECK(judged.claim().verdict() == "not run");
  CHECK(judged.claim().contrasts[0].final.evidence.missing == 1);
  CHECK(contains(render_claims(judged.report, "text"), "1 of 20 runs missing"));
}

TEST_CASE("metrics are compared as they are, of all runs") {
  ClaimsFolder folder(
      R"({"name": "small", "base": {"dataset": "synthetic", "target": "validation.error<=0.12",
                          "keep_training": true}, "grid": {"norm": ["none", "layer"]}})");
  Json claims = folder.claims(R"([{"setting": "norm", "value": "layer", "reference": "none",
                                   "measure": "final_metric"},
                                  {"setting": "norm", "value": "layer", "reference": "none",
                                   "measure": "best_metric", "direction": "within", "margin": 2}])");
  folder.write(claims);
  // 0.12 where the target is reached, 0.141 at the end of ten epochs without it.
  folder.add_records(ClaimPhase::final, [](const RunConfig& config) -> std::optional<double> {
    return config.norm.kind == Norm::layer ? 5 : 0;
  });
  const Judged judged(folder);
  const JudgedCell& last = judged.claim().contrasts[0].final;
  REQUIRE(last.judgement);
  CHECK(last.judgement->ratio.ratio == doctest::Approx(0.12 / 0.141));
  CHECK(last.verdict() == "supported");
  CHECK(judged.claim().contrasts[1].final.verdict() == "supported");
}

TEST_CASE("a verdict that another target changes is fragile") {
  ClaimsFolder folder;
  Json claims = folder.claims(layer_contrast);
  claims["claims"][0]["thresholds"] = Json::array({0.13});
  folder.write(claims);
  folder.add_records(ClaimPhase::final, layer_is_faster);
  CHECK_FALSE(Judged(folder).claim().is_fragile());
  claims["claims"][0]["thresholds"] = Json::array({0.11});  // which no run reaches
  folder.write(claims);
  const Judged judged(folder);
  CHECK(judged.claim().verdict() == "supported");
  CHECK(judged.claim().is_fragile());
  CHECK(judged.claim().contrasts[0].final.fragile ==
        std::vector<std::string>{"undecided for validation.error<=0.11"});
  CHECK(contains(render_claims(judged.report, "text"), "supported, fragile"));
}

TEST_CASE("the same verdict is sought on seeds of its own") {
  ClaimsFolder folder;
  folder.write(folder.claims(layer_contrast));
  folder.add_records(ClaimPhase::final, layer_is_faster);
  folder.add_records(ClaimPhase::replication,
                     [](const RunConfig& config) -> std::optional<double> { return 3 + spread(config); });
  const Judged judged(folder);
  CHECK(judged.claim().verdict() == "supported");
  CHECK(judged.claim().replication() == "undecided");
}

TEST_CASE("a rule that is younger than the data is told") {
  ClaimsFolder folder;
  Json claims = folder.claims(layer_contrast);
  folder.write(claims);
  register_all(folder);
  folder.add_records(ClaimPhase::final, layer_is_faster);
  CHECK(Judged(folder).claim().doubt == "");
  Json changed = claims;
  changed["claims"][0]["margin"] = 0.9;
  folder.write(changed);
  CHECK(Judged(folder).claim().doubt == "rule changed after the data");
  register_all(folder);  // as when its missing runs are trained
  CHECK(Judged(folder).claim().doubt == "rule changed after the data");
  CHECK(contains(render_claims(Judged(folder).report, "text"), "rule changed after the data"));
  folder.write(claims);  // the first rule again
  register_all(folder);
  CHECK(Judged(folder).claim().doubt == "");
}

TEST_CASE("data without a rule, and with another file's, are told from a rule that changed") {
  ClaimsFolder folder;
  folder.write(folder.claims(layer_contrast));
  folder.add_records(ClaimPhase::final, layer_is_faster);
  CHECK(Judged(folder).claim().doubt == "rule not registered before the data");
  testing::write_file(folder.path() / "results" / "small" / "claims.json", "{");
  CHECK(Judged(folder).claim().doubt == "rule not registered before the data");
  register_all(folder);  // the damaged file is set aside
  CHECK(std::filesystem::exists(folder.path() / "results" / "small" / "claims.json.damaged-1"));
  CHECK(Judged(folder).claim().doubt == "rule added after the data");
  const Json registered =
      Json::parse(testing::read_file(folder.path() / "results" / "small" / "claims.json"));
  CHECK(registered["schema"] == "normlab.registration/1");
  CHECK(registered["rules"].size() == 1);
  CHECK(registered["rules"][0]["file"] == "small.json");
  CHECK(registered["rules"][0]["sha256"] == sha256(testing::read_file(folder.file())));
  CHECK(registered["rules"][0]["experiment_sha256"] == sha256(small_spec));
  CHECK(registered["rules"][0]["records"] == 60);
}

TEST_CASE("records of different data are not compared") {
  ClaimsFolder folder;
  folder.write(folder.claims(layer_contrast));
  folder.add_records(ClaimPhase::final, layer_is_faster);
  const std::string id = folder.plan(ClaimPhase::final).claims[0].contrasts[0].cell.first[0]->id;
  const std::filesystem::path file = folder.path() / "results" / "small" / "runs" / (id + ".json");
  Json record = Json::parse(testing::read_file(file));
  record["data_checksum"] = "0123456789abcdef";
  testing::write_file(file, record.dump());
  CHECK(contains(testing::request_error([&] { Judged judged(folder); }), "different data"));
}

TEST_CASE("every format has verdict, effect, interval, seeds and command of each contrast") {
  ClaimsFolder folder;
  folder.write(folder.claims(R"([{"setting": "norm", "value": "layer", "reference": "none"}])"));
  register_all(folder);
  folder.add_records(ClaimPhase::final, layer_is_faster);
  const Judged judged(folder);
  for (const char* format : {"text", "markdown"}) {
    CAPTURE(format);
    const std::string text = render_claims(judged.report, format);
    CHECK(contains(text, "layer / none, batch size 128"));
    CHECK(contains(text, "supported"));
    CHECK(contains(text, "0.571"));
    CHECK(contains(text, format == std::string("text") ? "epochs < 1" : "epochs \\< 1"));
    CHECK(contains(text, "normlab claims run "));
    CHECK(contains(text, "97.5 %"));
  }
  const Json json = Json::parse(render_claims(judged.report, "json"));
  CHECK(json["schema"] == "normlab.verdicts/1");
  const Json& contrast = json["claims"][0]["contrasts"][0];
  CHECK(json["claims"][0]["verdict"] == "supported");
  CHECK(contrast["final"]["ratio"]["estimate"].get<double>() == doctest::Approx(4. / 7));
  CHECK(contrast["final"]["ratio"]["upper"].get<double>() < 1);
  CHECK(contrast["final"]["seeds_wanted"].is_null());
  CHECK(contrast["replication"]["verdict"] == "not run");
  CHECK(contrast["seeds"] == 10);
  CHECK(contains(testing::request_error([&] { render_claims(judged.report, "table"); }), "known are text"));
}

TEST_CASE("commands name the folder of the results where it is another one, quoted for a shell") {
  ClaimsFolder folder;
  folder.write(folder.claims(layer_contrast));
  const Judged judged(folder);
  const std::string command = "normlab claims run " + folder.file().string();
  const auto command_in = [&](const std::filesystem::path& out) {
    return Json::parse(render_claims(judged.report, "json", out))["claims"][0]["command"];
  };
  CHECK(command_in("results/claims") == command);
  CHECK(command_in("my results") == command + " --out 'my results'");
  CHECK(contains(render_claims(judged.report, "text", "elsewhere"), command + " --out elsewhere"));
}

TEST_CASE("the page of claims has their verdicts, and the runs of each experiment once") {
  if (page_assets::library.empty()) return;
  ClaimsFolder folder;
  Json claims = folder.claims(R"([{"setting": "norm", "value": "layer", "reference": "none"}])");
  claims["claims"].push_back(claims["claims"][0]);
  claims["claims"][1]["id"] = "S2</script>";
  folder.write(claims);
  register_all(folder);
  folder.add_records(ClaimPhase::final, layer_is_faster);
  const std::string page = render_claims(Judged(folder).report, "html");
  const std::string mark = R"(id="data">)";
  const std::size_t begin = page.find(mark) + mark.size();
  const Json data = Json::parse(page.substr(begin, page.find("</script>", begin) - begin));
  CHECK(data["verdicts"]["claims"][0]["verdict"] == "supported");
  CHECK(data["verdicts"]["claims"][1]["id"] == "S2</script>");
  REQUIRE(data["reports"].size() == 1);
  CHECK(data["reports"][0]["claims"] == Json::array({"S1", "S2</script>"}));
  CHECK(data["reports"][0]["summary"]["rows"].size() == 6);
}
