#include "normlab/claims/claim_statistic.h"

#include <doctest/doctest.h>

#include <cmath>

#include "claims/claims_folder.h"
#include "normlab/claims/claims_format.h"
#include "normlab/claims/claims_report.h"

using namespace normlab;
using namespace normlab::test;
using testing::contains;

namespace {

nlohmann::json layer_json(const char* name, const nlohmann::json& gradient, double by_parameters) {
  return {{"name", name},
          {"activation", {{"deviation", 2.5}}},
          {"gradient_norm", gradient},
          {"parameter_gradient_norm", by_parameters}};
}

// Before the first step gradients of 2, 8, 1 and 4; after it of 3 and 6.
nlohmann::json some_record() {
  nlohmann::json record;
  record["initial"]["layers"] = {layer_json("a", 2, 6), layer_json("b", 8, 4), layer_json("c", 1, 5),
                                 layer_json("d", 4, 2), layer_json("output", 100, 1)};
  nlohmann::json last;
  last["layers"] = {layer_json("a", 3, 1), layer_json("b", 6, 1), layer_json("output", 100, 1)};
  last["modes"] = {{"training", {{"loss", 0.6}}}, {"evaluation", {{"loss", 0.5}}}};
  record["evaluations"] = {nlohmann::json::object(), last};
  return record;
}

std::optional<double> start_of(const std::string& name, const std::string& of) {
  return value_of({.name = name, .of = of, .at_start = true}, some_record());
}

// Runs of a shallow and a deep network; the gradients of the deep one differ by what `ratio` says.
const std::string layer_spec = R"({"name": "small",
  "base": {"dataset": "synthetic", "target": null, "track": "layers"},
  "grid": {"model.hidden": [[8, 8], [8, 8, 8]], "norm": ["none", "layer"]}})";

const char* const depth_contrast =
    R"([{"setting": "model.hidden", "value": [8, 8, 8], "reference": [8, 8], "where": {"norm": "layer"}}])";

Json claims_of_statistic(const ClaimsFolder& folder, const std::string& contrasts,
                         const std::string& measure) {
  Json claims = folder.claims(contrasts);
  claims["claims"][0]["measure"] = Json::parse(measure);
  return claims;
}

const char* const spread_at_start = R"({"statistic": "gradient_norm", "of": "spread", "at": "start"})";

// Records of all runs, with the gradient norms of two hidden layers before the first step.
using NormsOf = std::function<nlohmann::json(const RunConfig&)>;
void add_layer_records(const ClaimsFolder& folder, const NormsOf& norms) {
  folder.add_records(ClaimPhase::final, [](const RunConfig&) -> std::optional<double> { return 0; });
  const ClaimsPlan plan = folder.plan(ClaimPhase::final);
  for (const SweepRun& run : plan.experiments[0].runs) {
    const auto file = plan.experiments[0].folder / "runs" / (run.id + ".json");
    nlohmann::json record = nlohmann::json::parse(testing::read_file(file));
    const nlohmann::json found = norms(run.config);
    record["status"] = found.is_null() ? "diverged" : "finished";
    if (found.is_null()) {
      record["diverged_step"] = 1;
      record.erase("test");
    } else {
      record["initial"]["layers"] = {layer_json("a", found[0], 1), layer_json("b", found[1], 1)};
      record["evaluations"].back()["layers"] = record["initial"]["layers"];
    }
    record.erase("censored");
    testing::write_file(file, record.dump());
  }
}

struct JudgedStatistic {
  explicit JudgedStatistic(const ClaimsFolder& folder)
      : final(folder.plan(ClaimPhase::final)),
        replication(folder.plan(ClaimPhase::replication)),
        report(judge_claims(final, replication)) {}
  const JudgedCell& cell() const { return report.claims.at(0).contrasts.at(0).final; }

  ClaimsPlan final, replication;
  ClaimsReport report;
};

bool is_deep(const RunConfig& config) {
  return to_json(config)["model"]["hidden"].size() == 3;
}

}  // namespace

TEST_CASE("statistics are of the hidden layers, at the start or at the end") {
  CHECK(start_of("gradient_norm", "first") == 2);
  CHECK(start_of("gradient_norm", "last") == 4);
  CHECK(start_of("gradient_norm", "smallest") == 1);
  CHECK(start_of("gradient_norm", "largest") == 8);
  CHECK(start_of("gradient_norm", "spread") == 8);
  CHECK(start_of("gradient_norm", "first/last") == 0.5);
  CHECK(start_of("parameter_gradient_norm", "first") == 6);
  CHECK(start_of("parameter_gradient_ratio", "first") == 3);
  CHECK(start_of("parameter_gradient_ratio", "largest") == 5);
  CHECK(start_of("activation.deviation", "last") == 2.5);
  CHECK(value_of({.name = "gradient_norm", .of = "spread"}, some_record()) == 2);
  CHECK_FALSE(start_of("weight_norm", "first"));          // not in these records
  CHECK_FALSE(start_of("time_gradient_norm", "spread"));  // likewise
  CHECK_FALSE(value_of({.name = "gradient_norm", .of = "first"}, nlohmann::json::object()));
}

TEST_CASE("the gap of the modes is relative to the loss of the test") {
  CHECK(value_of({.name = "mode_gap", .of = {}}, some_record()).value() == doctest::Approx(0.2));
  nlohmann::json record = some_record();
  record["evaluations"].push_back(nlohmann::json::object());
  CHECK_FALSE(value_of({.name = "mode_gap", .of = {}}, record));
}

TEST_CASE("gradients that vanished or exploded count as the ends of single precision") {
  nlohmann::json record = some_record();
  nlohmann::json& layers = record["initial"]["layers"];
  layers[0]["gradient_norm"] = 0;
  const RecordedStatistic spread{.name = "gradient_norm", .of = "spread", .at_start = true};
  CHECK(value_of(spread, record).value() == doctest::Approx(8 / 1.17549435e-38));
  layers[0]["gradient_norm"] = nullptr;  // what was not finite
  CHECK(value_of(spread, record).value() == doctest::Approx(3.40282347e38));
  layers[1]["gradient_norm"] = 0;
  CHECK(std::isfinite(value_of(spread, record).value()));
}

TEST_CASE("norms over time are those of the first recurrent layer") {
  nlohmann::json record = some_record();
  record["initial"]["layers"][1]["time_gradient_norm"] = {{"step", {0, 5, 9}}, {"norm", {1e-3, 0.5, 2}}};
  record["initial"]["layers"][2]["time_gradient_norm"] = {{"step", {0}}, {"norm", {7}}};
  const auto value = [&](const char* of) {
    return value_of({.name = "time_gradient_norm", .of = of, .at_start = true}, record).value();
  };
  CHECK(value("spread") == doctest::Approx(2000));
  CHECK(value("first/last") == doctest::Approx(0.0005));
}

TEST_CASE("a claim about a statistic is judged by what the records have of it") {
  ClaimsFolder folder(layer_spec);
  folder.write(claims_of_statistic(folder, depth_contrast, spread_at_start));
  // Spreads of 2 and 3 to 5 in turns.
  add_layer_records(folder, [](const RunConfig& config) -> nlohmann::json {
    return {1.0, is_deep(config) ? 3.0 + static_cast<double>(config.seed % 3) : 2.0};
  });
  const JudgedStatistic judged(folder);
  CHECK(judged.cell().verdict() == "contradicted");
  CHECK(judged.cell().judgement.value().ratio.ratio == doctest::Approx((4 * 4 + 3 * 5 + 3 * 3) / 10. / 2));
  const std::string text = render_claims(judged.report, "text");
  CHECK(contains(text, "gradient norm (spread, start) < 1"));
  CHECK(contains(text, "hidden 3×8 / [8,8], layer"));
  const Json json = Json::parse(render_claims(judged.report, "json"))["claims"][0]["contrasts"][0];
  CHECK(json["measure"] == Json::parse(spread_at_start));
  CHECK(json["measure_text"] == "gradient norm (spread, start)");
  CHECK(json["value"] == Json::array({8, 8, 8}));
}

TEST_CASE("a network that vanishes entirely, or diverges at once, has the largest spread") {
  ClaimsFolder folder(layer_spec);
  folder.write(claims_of_statistic(folder, depth_contrast, spread_at_start));
  add_layer_records(folder, [](const RunConfig& config) -> nlohmann::json {
    if (!is_deep(config)) return {1, 2};
    return config.seed == 1 ? nlohmann::json() : nlohmann::json{0, 2};
  });
  const JudgedStatistic judged(folder);
  CHECK(judged.cell().verdict() == "contradicted");
  // The one that diverged outweighs nine of 2 / 1.2e-38.
  CHECK(judged.cell().judgement.value().ratio.ratio ==
        doctest::Approx(3.40282347e38 / 1.17549435e-38 / 10 / 2));
}

TEST_CASE("a run that diverged has no statistic at the end, and is evidence for nothing") {
  ClaimsFolder folder(layer_spec);
  Json claims = claims_of_statistic(folder, depth_contrast,
                                    R"({"statistic": "gradient_norm", "of": "largest", "at": "end"})");
  claims["claims"][0]["direction"] = "greater";
  folder.write(claims);
  add_layer_records(folder, [](const RunConfig& config) -> nlohmann::json {
    return is_deep(config) && config.seed == 1 ? nlohmann::json() : nlohmann::json{1, 2};
  });
  const JudgedStatistic judged(folder);
  CHECK(judged.cell().verdict() == "not comparable");
  CHECK(judged.cell().evidence.reason == "1 run diverged");
}

TEST_CASE("statistics that no run records are refused") {
  const auto refusal = [](const std::string& spec, const std::string& measure) {
    ClaimsFolder folder(spec);
    return folder.refusal_of(claims_of_statistic(
        folder, R"([{"setting": "norm", "value": "layer", "reference": "none"}])", measure));
  };
  const std::string at_end = R"({"statistic": "gradient_norm", "of": "spread", "at": "end"})";
  CHECK(contains(refusal(small_spec, spread_at_start), "\"track\": \"layers\""));
  CHECK(contains(refusal(layer_spec, R"({"statistic": "mode_gap", "at": "end"})"), "\"track\": \"modes\""));
  CHECK(contains(refusal(layer_spec, R"({"statistic": "time_gradient_norm", "of": "last", "at": "end"})"),
                 "mlp has no time steps"));
  CHECK(contains(refusal(layer_spec, R"({"statistic": "gradient", "of": "last", "at": "end"})"),
                 "measure.statistic: unknown name \"gradient\""));
  CHECK(contains(refusal(layer_spec, R"({"statistic": "gradient_norm", "at": "end"})"), "measure.of"));
  CHECK(contains(refusal(layer_spec, R"({"statistic": "gradient_norm", "of": "last"})"), "measure.at"));
  CHECK(contains(refusal(layer_spec, R"({"statistic": "mode_gap", "of": "last", "at": "end"})"),
                 "measure.of: \"last\""));
  CHECK(contains(refusal(layer_spec, R"({"statistic": "mode_gap", "at": "start"})"), "measure.at"));
  const std::string stops = R"({"name": "small", "base": {"dataset": "synthetic", "track": "layers",
      "target": "validation.error<=0.1"}, "grid": {"norm": ["none", "layer"]}})";
  CHECK(contains(refusal(stops, at_end), "runs of one length"));
  CHECK(refusal(stops, spread_at_start) == "");
}
