#include "normlab/claims/claims_plan.h"

#include <doctest/doctest.h>

#include "claims/claims_folder.h"

using namespace normlab;
using namespace normlab::test;
using testing::contains;
using testing::write_file;

TEST_CASE("every combination that the condition leaves is a contrast of its own") {
  ClaimsFolder folder;
  folder.write(folder.claims(R"([{"setting": "norm", "value": "layer", "reference": "none"}])"));
  const ClaimsPlan plan = folder.plan(ClaimPhase::final);
  REQUIRE(plan.experiments.size() == 1);
  CHECK(plan.experiments[0].runs.size() == 3 * 2 * 10);
  CHECK(plan.experiments[0].folder == folder.path() / "results" / "small");
  REQUIRE(plan.claims.size() == 1);
  const std::vector<PlannedContrast>& contrasts = plan.claims[0].contrasts;
  REQUIRE(contrasts.size() == 2);
  CHECK(contrasts[0].cell.label == "layer / none, batch size 4");
  CHECK(contrasts[1].cell.label == "layer / none, batch size 128");
  REQUIRE(contrasts[0].cell.first.size() == 10);
  CHECK(contrasts[0].cell.first[0]->config.seed == 1);
  CHECK(contrasts[0].cell.first[9]->config.seed == 10);
  CHECK(contrasts[0].cell.first[9]->id.starts_with("mlp-layer-b4-s10-"));
  CHECK(contrasts[0].cell.second[9]->id.starts_with("mlp-none-b4-s10-"));
  const ClaimsPlan again = folder.plan(ClaimPhase::replication);
  CHECK(again.experiments[0].folder == folder.path() / "results" / "small-replication");
  CHECK(again.claims[0].contrasts[0].cell.first[0]->config.seed == 11);
}

TEST_CASE("a setting that is not the norm can be compared") {
  ClaimsFolder folder;
  folder.write(folder.claims(
      R"([{"setting": "batch_size", "value": 4, "reference": 128, "where": {"norm": ["none", "layer"]}}])"));
  const ClaimsPlan plan = folder.plan(ClaimPhase::final);
  REQUIRE(plan.claims[0].contrasts.size() == 2);
  CHECK(plan.claims[0].contrasts[0].cell.label == "batch size 4 / 128, none");
  CHECK(plan.claims[0].contrasts[1].cell.label == "batch size 4 / 128, layer");
}

TEST_CASE("a setting of several models is compared within each, and the label names it") {
  ClaimsFolder folder(R"({"name": "small",
    "base": {"dataset": "synthetic", "target": "validation.error<=0.12"},
    "grid": {"model": ["rnn", "lstm"], "model.hidden_size": [8, 16]}})");
  folder.write(folder.claims(R"([{"setting": "model.hidden_size", "value": 16, "reference": 8}])"));
  const ClaimsPlan plan = folder.plan(ClaimPhase::final);
  const std::vector<PlannedContrast>& contrasts = plan.claims[0].contrasts;
  REQUIRE(contrasts.size() == 2);
  CHECK(contrasts[0].cell.label == "model.hidden size 16 / 8, rnn");
  CHECK(contrasts[1].cell.label == "model.hidden size 16 / 8, lstm");
  CHECK(contrasts[1].cell.first.size() == 10);
}

TEST_CASE("targets that the target might as well have been are asked, each once") {
  ClaimsFolder folder;
  Json claims = folder.claims(layer_contrast);
  claims["claims"][0]["thresholds"] = Json::array({0.12, 0.15});
  claims["claims"][0]["for"] = Json::array({1, 2});
  folder.write(claims);
  CHECK(folder.plan(ClaimPhase::final).claims[0].contrasts[0].cell.label == "layer / none, batch size 4");
  CHECK(folder.plan(ClaimPhase::final).claims[0].contrasts[0].cell.targets ==
        std::vector<std::string>{"validation.error<=0.12", "validation.error<=0.12 for 2",
                                 "validation.error<=0.15", "validation.error<=0.15 for 2"});
}

TEST_CASE("cells, settings and metrics that there are not are refused by the claim's id") {
  ClaimsFolder folder;
  const auto refusal = [&](const std::string& contrast) { return folder.refusal("[" + contrast + "]"); };
  CHECK(contains(refusal(R"({"setting": "norm", "value": "rms", "reference": "none"})"),
                 "claim S1: value: \"rms\""));
  CHECK(contains(refusal(R"({"setting": "norm", "value": "rms", "reference": "none"})"),
                 "norm batch, layer, none"));
  CHECK(contains(refusal(R"({"setting": "nrom", "value": "layer", "reference": "none"})"), "\"nrom\""));
  CHECK(contains(refusal(R"({"setting": "norm", "value": "layer", "reference": "none",
                             "where": {"batch_size": 8}})"),
                 "where.batch_size: 8"));
  CHECK(contains(refusal(R"({"setting": "norm", "value": "layer", "reference": "none",
                             "target": "validation.accuracy<=0.1"})"),
                 "accuracy"));
  CHECK(contains(refusal(R"({"setting": "norm", "value": "layer", "reference": "none",
                             "where": {"norm": "layer"}})"),
                 "reference: \"none\""));
}

TEST_CASE("runs that end before they can tell what is asked are refused") {
  const auto refusal = [](const std::string& base, const std::string& contrast) {
    ClaimsFolder folder(R"({"name": "small", "base": {"dataset": "synthetic", )" + base +
                        R"(}, "grid": {"norm": ["none", "layer"]}})");
    return folder.refusal(R"([{"setting": "norm", "value": "layer", "reference": "none", )" + contrast +
                          "}]");
  };
  const std::string target = R"("target": "validation.error<=0.1 for 2", "for": [1, 2])";
  CHECK(refusal(R"("target": "validation.error<=0.1 for 2")", target) == "");
  CHECK(refusal(R"("target": "validation.error<=0.08 for 3")", target) == "");
  CHECK(refusal(R"("keep_training": true, "target": "validation.error<=0.2")", target) == "");
  CHECK(refusal(R"("target": null)", target) == "");
  CHECK(contains(refusal(R"("target": "validation.error<=0.1")", target), "is known"));
  CHECK(contains(refusal(R"("target": "validation.error<=0.11 for 2")", target), "is known"));
  CHECK(contains(refusal(R"("target": "validation.loss<=0.01 for 9")", target), "is known"));
  CHECK(contains(refusal(R"("target": "validation.error<=0.01 for 9")", R"("measure": "final_metric")"),
                 "runs of one length"));
  CHECK(refusal(R"("target": null)", R"("measure": "final_metric")") == "");
}

TEST_CASE("sides on different data, undefined runs and several runs of a seed are refused") {
  const auto refusal = [](const std::string& rest) {
    ClaimsFolder folder(R"({"name": "small", "base": {"dataset": "synthetic"}, )" + rest + "}");
    return folder.refusal(R"([{"setting": "norm", "value": "layer", "reference": "none"}])");
  };
  CHECK(
      contains(refusal(R"("grid": {"norm": ["none", "layer"]}, "overrides": [{"when": {"norm.name": "layer"},
                            "set": {"dataset.train_limit": 100}}])"),
               "different data"));
  CHECK(refusal(R"("grid": {"norm": ["none", "layer"]}, "overrides": [{"when": {"norm.name": "layer"},
                   "set": {"optimizer.learning_rate": 0.01}}])") == "");
  CHECK(contains(refusal(R"("grid": {"norm": ["none", {"name": "layer", "epsilon": 1e-3},
                                             {"name": "layer", "epsilon": 1e-5}]})"),
                 "several runs of a seed"));
  ClaimsFolder folder(R"({"name": "small", "base": {"dataset": "synthetic"},
                          "grid": {"norm": ["none", "batch"], "batch_size": [1, 4]}})");
  CHECK(contains(folder.refusal(R"([{"setting": "norm", "value": "batch", "reference": "none"}])"),
                 "it has no meaning"));
}

TEST_CASE("experiments are planned once, and share neither folders nor seeds by mistake") {
  ClaimsFolder folder;
  folder.write(folder.claims(layer_contrast));
  Json other = folder.claims(layer_contrast);
  other["claims"][0]["id"] = "S2";
  const auto write_other = [&] { write_file(folder.path() / "claims" / "other.json", other.dump()); };
  const auto plan = [&] {
    return plan_claims(load_claims(folder.path() / "claims"), ClaimPhase::final, folder.path() / "results");
  };
  write_other();
  const ClaimsPlan both = plan();
  CHECK(both.experiments.size() == 1);
  CHECK(both.experiments[0].files == std::vector<std::size_t>{0, 1});
  other["seeds"]["final"] = "1..9";
  write_other();
  CHECK(contains(testing::request_error([&] { plan(); }), "seeds: small.json"));
  write_file(folder.path() / "copy.json", small_spec);
  other["claims"][0]["experiment"]["spec"] = "../copy.json";
  write_other();
  CHECK(contains(testing::request_error([&] { plan(); }), "share a folder"));
}
