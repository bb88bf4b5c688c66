#include "normlab/claims/claims_json.h"

#include <fmt/format.h>

#include "normlab/core/shell_word.h"
#include "normlab/core/text.h"
#include "normlab/records/vocabulary.h"

namespace normlab {
namespace {

Json cell_json(const JudgedCell& cell, ClaimMeasure measure) {
  Json json{{"verdict", cell.verdict()}, {"missing_runs", cell.evidence.missing}};
  if (!cell.evidence.reason.empty()) json["reason"] = cell.evidence.reason;
  if (!cell.evidence.ratios.empty()) {
    json["rounds"] = cell.evidence.ratios.size();
    json["duration_ratio"] = interval_json(median_interval(cell.evidence.ratios));
  }
  if (!cell.judgement) return json;
  const Judgement& judgement = *cell.judgement;
  json["ratio"] = {{"estimate", judgement.ratio.ratio},
                   {"lower", judgement.ratio.lower},
                   {"upper", judgement.ratio.upper},
                   {"level", 1 - judgement.level}};
  json["p"] = judgement.p;
  json["adjusted_p"] = judgement.adjusted_p;
  if (!cell.evidence.first.empty()) json["horizon"] = cell.evidence.horizon;
  json["earlier"] = judgement.superiority;
  if (has_target(measure))
    json["reached"] = {{"first", cell.evidence.reached_first}, {"second", cell.evidence.reached_second}};
  json["seeds_wanted"] = judgement.seeds ? Json(*judgement.seeds) : Json(nullptr);
  json["fragile"] = cell.fragile;
  return json;
}

Json contrast_json(const JudgedContrast& contrast) {
  const ClaimContrast& asked = *contrast.contrast;
  Json json{{"label", contrast.label},
            {"setting", asked.setting},
            {"value", asked.value},
            {"reference", asked.reference},
            {"measure", measure_json(asked)},
            {"measure_text", measure_text(asked)},
            {"direction", claim_direction_names()[static_cast<std::size_t>(asked.direction)]},
            {"margin", asked.margin}};
  if (has_target(asked.measure)) json["target"] = asked.target;
  if (!asked.over.empty()) json["over"] = asked.over;
  if (asked.kernels) {
    json["kernels"] = {{"first", kernel_name(asked.kernels->first)},
                       {"second", kernel_name(asked.kernels->second)}};
  }
  json["seeds"] = contrast.seeds;
  json["final"] = cell_json(contrast.final, asked.measure);
  json["replication"] = cell_json(contrast.replication, asked.measure);
  return json;
}

Json invariance_json(const JudgedInvariance& one) {
  const auto side = [&](const OutputChange& change) {
    return Json{{"verdict", change.verdict(one.invariance->invariant)},
                {"smallest_change", change.smallest},
                {"largest_change", change.largest}};
  };
  return {{"norm", one.invariance->norm},
          {"change", one.invariance->change},
          {"invariant", one.invariance->invariant},
          {"seeds", one.seeds},
          {"final", side(one.final)},
          {"replication", side(one.replication)}};
}

}  // namespace

std::string claims_command(std::string_view part, const JudgedClaim& claim,
                           const std::filesystem::path& out) {
  std::string command = fmt::format("normlab claims {} {}", part, shell_word(printable(claim.file.string())));
  if (out == default_claims_folder) return command;
  return fmt::format("{} --out {}", command, shell_word(printable(out.string())));
}

Json claims_json(const ClaimsReport& report, const std::filesystem::path& out) {
  Json json{{"schema", verdicts_schema}, {"claims", Json::array()}};
  for (const JudgedClaim& claim : report.claims) {
    Json one{{"id", claim.claim->id},
             {"claim", claim.claim->sentence},
             {"paper", claim.claim->paper},
             {"section", claim.claim->section},
             {"file", printable(claim.file.string())},
             {"level", claim.level},
             {"verdict", claim.verdict()},
             {"fragile", claim.is_fragile()},
             {"replication", claim.replication()}};
    if (!claim.doubt.empty()) one["rule_doubt"] = claim.doubt;
    if (!claim.replication_doubt.empty()) one["replication_rule_doubt"] = claim.replication_doubt;
    one["command"] = claims_command("run", claim, out);
    one["contrasts"] = Json::array();
    for (const JudgedContrast& contrast : claim.contrasts)
      one["contrasts"].push_back(contrast_json(contrast));
    if (!claim.invariances.empty()) {
      one["invariances"] = Json::array();
      for (const JudgedInvariance& invariance : claim.invariances)
        one["invariances"].push_back(invariance_json(invariance));
    }
    json["claims"].push_back(std::move(one));
  }
  return json;
}

}  // namespace normlab
