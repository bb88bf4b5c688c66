#include "normlab/claims/claims_file.h"

#include <doctest/doctest.h>

#include "claims/claims_folder.h"

using namespace normlab;
using namespace normlab::test;
using testing::contains;
using testing::request_error;
using testing::write_file;

TEST_CASE("a file of claims is read with the defaults of its claims") {
  ClaimsFolder folder;
  Json claims = folder.claims(
      R"([{"setting": "norm.name", "value": "layer", "reference": "none"},
          {"setting": "norm", "value": "batch", "reference": "none", "measure": "final_metric",
           "direction": "within", "margin": 1.1, "where": {"batch_size": [4, 128]}}])");
  claims["claims"][0].erase("for");
  folder.write(claims);
  const ClaimsFile file = load_claims_file(folder.file());
  CHECK(file.sha256 == sha256(testing::read_file(folder.file())));
  CHECK(file.level == 0.05);
  CHECK(file.seeds.tuning == std::vector<std::uint64_t>{101, 102, 103});
  CHECK(file.seeds.final.size() == 10);
  REQUIRE(file.claims.size() == 1);
  const Claim& claim = file.claims[0];
  CHECK(claim.id == "S1");
  CHECK(claim.section == "6.6");
  REQUIRE(claim.contrasts.size() == 2);
  CHECK(claim.contrasts[0].setting == "norm");
  CHECK(claim.contrasts[0].measure == ClaimMeasure::epochs);
  CHECK(claim.contrasts[0].target == "validation.error<=0.12");
  CHECK(claim.contrasts[0].holds == std::vector<Index>{1, 2, 3});
  CHECK(claim.contrasts[0].margin == 1);
  CHECK(claim.contrasts[1].measure == ClaimMeasure::final_metric);
  CHECK(claim.contrasts[1].target == "");  // the claim's is of times
  CHECK(claim.contrasts[1].direction == ClaimDirection::within);
  CHECK(claim.contrasts[1].where[0].second.size() == 2);
}

TEST_CASE("what is no file of claims is refused with its place") {
  ClaimsFolder folder;
  const auto patched = [&](const std::string& file) { return folder.refusal(layer_contrast, file); };
  CHECK(contains(patched(R"({"schema": "normlab.run/2"})"), "small.json: schema"));
  CHECK(contains(patched(R"({"level": 0})"), "small.json: level: 0"));
  CHECK(contains(patched(R"({"levle": 0.05})"), "did you mean \"level\"?"));
  CHECK(contains(patched(R"({"claims": []})"), "small.json: claims"));
  const auto claim = [&](const std::string& key, const Json& value) {
    Json claims = folder.claims(layer_contrast);
    claims["claims"][0][key] = value;
    return folder.refusal_of(claims);
  };
  CHECK(contains(claim("id", ""), "claims[0].id: \"\""));
  CHECK(contains(claim("measure", "step"), "known are steps, epochs, best_metric, final_metric, reached"));
  CHECK(contains(claim("direction", "fewer"), "known are less, greater, within"));
  CHECK(contains(claim("margin", 0), "margin: 0"));
  CHECK(contains(claim("direction", "within"), "above 1"));
  CHECK(contains(claim("for", Json::array({0})), "for: 0"));
  CHECK(contains(claim("thresholds", Json::array({"a"})), "thresholds: \"a\""));
  CHECK(contains(claim("contrasts", Json::array()), "claims[0].contrasts"));
  CHECK(contains(claim("source", {{"section", "1"}}), "claims[0].source.paper: nothing"));
}

TEST_CASE("seeds that are used twice are refused") {
  ClaimsFolder folder;
  const auto seeds = [&](const std::string& said) {
    return folder.refusal(layer_contrast, R"({"seeds": )" + said + "}");
  };
  CHECK(contains(seeds(R"({"replication": "10..20"})"), "seeds.replication: 10"));
  CHECK(contains(seeds(R"({"replication": "10..20"})"), "among the final seeds"));
  CHECK(contains(seeds(R"({"tuning": [5]})"), "among the tuning seeds"));
  CHECK(contains(seeds(R"({"tuning": [11]})"), "seeds.replication: 11"));
  CHECK(contains(seeds(R"({"final": [1, 1]})"), "twice"));
  CHECK(contains(seeds(R"({"final": [1]})"), "at least 2 seeds"));
  CHECK(contains(seeds(R"({"final": [-1, 2]})"), "seeds.final: -1"));
  CHECK(contains(seeds(R"({"final": null})"), "seeds.final: nothing"));
}

TEST_CASE("a contrast compares two values of one setting, on the same data") {
  ClaimsFolder folder;
  CHECK(contains(folder.refusal(R"([{"setting": "norm", "value": "layer", "reference": "layer"}])"),
                 "reference: \"layer\""));
  CHECK(
      contains(folder.refusal(R"([{"setting": "dataset", "value": "mnist", "reference": "fashion-mnist"}])"),
               "the same data"));
  CHECK(contains(folder.refusal(R"([{"setting": "dataset.train_limit", "value": 1, "reference": 2}])"),
                 "the same data"));
  CHECK(contains(folder.refusal(R"([{"setting": "norm", "value": "layer"}])"), "reference: nothing"));
  CHECK(contains(folder.refusal(R"([{"setting": "norm", "value": "layer", "reference": "none",
                                     "measure": "best_metric", "target": "validation.error<=0.1"}])"),
                 "only the measures steps, epochs, seconds and reached have a target"));
}

TEST_CASE("an experiment that is not there, or is another one, is refused") {
  ClaimsFolder folder;
  Json claims = folder.claims(layer_contrast);
  claims["claims"][0]["experiment"]["sha256"] = std::string(64, '0');
  CHECK(contains(folder.refusal_of(claims), "claims[0].experiment.sha256"));
  CHECK(contains(folder.refusal_of(claims), sha256(small_spec)));
  claims["claims"][0]["experiment"]["spec"] = "../absent.json";
  CHECK(contains(folder.refusal_of(claims), "absent.json"));
}

TEST_CASE("a folder's files are read by their names, and each claim has an id of its own") {
  ClaimsFolder folder;
  CHECK(contains(request_error([&] { load_claims(folder.path() / "claims"); }), "a file of claims"));
  folder.write(folder.claims(layer_contrast));
  write_file(folder.path() / "claims" / "other.json", folder.claims(layer_contrast).dump());
  CHECK(contains(request_error([&] { load_claims(folder.path() / "claims"); }), "id: \"S1\""));
  Json other = folder.claims(layer_contrast);
  other["claims"][0]["id"] = "S2";
  write_file(folder.path() / "claims" / "other.json", other.dump());
  write_file(folder.path() / "claims" / "README.md", "not read");
  const std::vector<ClaimsFile> files = load_claims(folder.path() / "claims");
  REQUIRE(files.size() == 2);
  CHECK(files[0].claims[0].id == "S2");
  CHECK(files[1].claims[0].id == "S1");
}
