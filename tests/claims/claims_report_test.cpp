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

// Holm's procedure gives it to one contrast of a family: the family's level over its size.
double strictest_level(const JudgedClaim& claim) {
  double level = 1;
  for (const JudgedContrast& one : claim.contrasts)
    level = std::min(level, one.final.judgement.value().level);
  return level;
}

// Changes the records of the runs.
void change_records(const ClaimsFolder& folder,
                    const std::function<void(nlohmann::json&, const RunConfig&)>& change) {
  const ClaimsPlan plan = folder.plan(ClaimPhase::final);
  for (const SweepRun& run : plan.experiments[0].runs) {
    const auto file = plan.experiments[0].folder / "runs" / (run.id + ".json");
    nlohmann::json record = nlohmann::json::parse(testing::read_file(file));
    change(record, run.config);
    testing::write_file(file, record.dump());
  }
}

const char* const metric_spec = R"({"name": "small", "base": {"dataset": "synthetic",
  "target": "validation.error<=0.12", "keep_training": true}, "grid": {"norm": ["none", "layer"]}})";

Json claims_of_metric(const ClaimsFolder& folder, const Json& rule) {
  Json claims = folder.claims(R"([{"setting": "norm", "value": "layer", "reference": "none",
                                   "measure": "final_metric"}])");
  claims["claims"][0]["contrasts"][0].update(rule);
  return claims;
}

bool is_lost(const RunConfig& config) {
  return config.norm.kind == Norm::layer && config.seed <= 3;
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
  CHECK(strictest_level(judged.claim()) == doctest::Approx(0.05 / 3));  // a family of three
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

TEST_CASE("runs that diverge are as slow as runs that miss, without any that does the other") {
  std::vector<double> ratios;
  for (const double lost : {-1., 0.}) {
    ClaimsFolder folder;
    folder.write(folder.claims(layer_contrast));
    folder.add_records(ClaimPhase::final, [&](const RunConfig& config) -> std::optional<double> {
      return is_lost(config) ? lost : 3 + spread(config);
    });
    const Judged judged(folder);
    const JudgedCell& cell = judged.claim().contrasts[0].final;
    CHECK(cell.evidence.horizon == 10);  // the budget, and not the latest run that reached the target
    CHECK(cell.evidence.reached_first == 7);
    ratios.push_back(cell.judgement.value().ratio.ratio);
  }
  CHECK(ratios[0] == doctest::Approx(58 / 40.));  // 3 to 5 epochs, of three seeds 10
  CHECK(ratios[1] == doctest::Approx(58 / 40.));
}

TEST_CASE("how much a metric differs is not told where runs diverged, and which is worse is") {
  const auto judged_by = [](const Json& rule) {
    ClaimsFolder folder(metric_spec);
    folder.write(claims_of_metric(folder, rule));
    // 0.12 at the fifth epoch, 0.141 at the end without the target.
    folder.add_records(ClaimPhase::final, [](const RunConfig& config) -> std::optional<double> {
      return is_lost(config) ? -1 : config.norm.kind == Norm::layer ? 5 : 0;
    });
    return Judged(folder).claim().contrasts[0].final;
  };
  for (const Json& rule :
       {Json{{"direction", "within"}, {"margin", 1.2}}, Json{{"direction", "less"}, {"margin", 0.95}}}) {
    const JudgedCell cell = judged_by(rule);
    CHECK(cell.verdict() == "not comparable");
    CHECK(cell.evidence.reason == "3 runs diverged");
  }
  const JudgedCell less = judged_by({{"direction", "less"}});
  CHECK(less.judgement.value().ratio.ratio == doctest::Approx((7 * 0.12 + 3 * 0.141) / 1.41));
}

TEST_CASE("a run that diverged has the lowest metric where higher is better") {
  ClaimsFolder folder(
      R"({"name": "small", "base": {"dataset": "synthetic", "target": null}, "grid": {"norm": ["none", "layer"]}})");
  folder.write(claims_of_metric(folder, {{"direction", "greater"}}));
  folder.add_records(ClaimPhase::final, [](const RunConfig&) -> std::optional<double> { return 0; });
  change_records(folder, [](nlohmann::json& record, const RunConfig& config) {
    record["metrics"] = {{{"name", "loss"}, {"unit", "nats"}, {"better", "lower"}},
                         {{"name", "error"}, {"unit", "fraction"}, {"better", "higher"}}};
    record["status"] = is_lost(config) ? "diverged" : "finished";
    if (is_lost(config)) record.erase("test");
    if (is_lost(config)) record["diverged_step"] = 1;
    record["evaluations"].back()["validation"]["error"] = config.norm.kind == Norm::layer ? 0.2 : 0.1;
  });
  const Judged judged(folder);
  const JudgedCell& cell = judged.claim().contrasts[0].final;
  CHECK(cell.judgement.value().ratio.ratio == doctest::Approx((7 * 0.2 + 3 * 0.1) / 1));
}

TEST_CASE("each file of claims is a family, whatever is judged with it") {
  ClaimsFolder folder;
  folder.write(folder.claims(layer_contrast));
  Json other = folder.claims(R"([{"setting": "norm", "value": "layer", "reference": "none"},
                                 {"setting": "norm", "value": "layer", "reference": "batch",
                                  "where": {"batch_size": 4}}])");
  other["claims"][0]["id"] = "S2";
  other["level"] = 0.1;
  testing::write_file(folder.path() / "claims" / "other.json", other.dump());
  folder.add_records(ClaimPhase::final, layer_is_faster);
  const auto plan = [&](ClaimPhase phase) {
    return plan_claims(load_claims(folder.path() / "claims"), phase, folder.path() / "results");
  };
  const ClaimsPlan final = plan(ClaimPhase::final), replication = plan(ClaimPhase::replication);
  const ClaimsReport report = judge_claims(final, replication);
  REQUIRE(report.claims.size() == 2);
  REQUIRE(report.claims[0].claim->id == "S2");  // other.json comes before small.json
  CHECK(strictest_level(report.claims[0]) == doctest::Approx(0.1 / 3));
  CHECK(strictest_level(report.claims[1]) == doctest::Approx(0.05));
  for (const char* format : {"text", "markdown"})
    CHECK(contains(render_claims(report, format), "2 files of claims are 2 families"));
  CHECK_FALSE(contains(render_claims(Judged(folder).report, "text"), "families"));
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

TEST_CASE("what a search or an unfinished run has shown is data as well") {
  for (const char* data : {"tuning/runs/a.json", "tuning/checkpoints/a.evaluations", "tuned.json",
                           "checkpoints/a.evaluations"}) {
    CAPTURE(data);
    ClaimsFolder folder;
    const Json claims = folder.claims(layer_contrast);
    folder.write(claims);
    register_all(folder);
    const auto file = folder.path() / "results" / "small" / data;
    std::filesystem::create_directories(file.parent_path());
    testing::write_file(file, "{}");
    CHECK(Judged(folder).claim().doubt == "");  // the rule was there before
    Json changed = claims;
    changed["claims"][0]["margin"] = 0.9;
    folder.write(changed);
    CHECK(Judged(folder).claim().doubt == "rule changed after the data");
    register_all(folder);
    folder.add_records(ClaimPhase::final, layer_is_faster);
    CHECK(Judged(folder).claim().doubt == "rule changed after the data");
    folder.write(claims);
    CHECK(Judged(folder).claim().doubt == "");
  }
}

TEST_CASE("rules that were edited between two plans are refused") {
  ClaimsFolder folder;
  Json claims = folder.claims(layer_contrast);
  folder.write(claims);
  const ClaimsPlan before = folder.plan(ClaimPhase::final);
  require_same_rules(before, folder.plan(ClaimPhase::replication));
  claims["claims"][0]["margin"] = 0.9;
  folder.write(claims);
  const ClaimsPlan now = folder.plan(ClaimPhase::final);
  const std::string refusal = testing::request_error([&] { require_same_rules(before, now); });
  CHECK(refusal.starts_with("claims: "));
  CHECK(contains(refusal, "small.json"));
  CHECK(contains(refusal, "edited since"));
  ClaimsPlan more = before;
  more.files.push_back(now.files[0]);
  CHECK(contains(testing::request_error([&] { require_same_rules(before, more); }), "edited since"));
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
