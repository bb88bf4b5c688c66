#include "normlab/claims/claims_format.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <vector>

#include "normlab/analysis/export/claims_page.h"
#include "normlab/analysis/export/page.h"
#include "normlab/analysis/export/page_assets.h"
#include "normlab/analysis/export/table.h"
#include "normlab/claims/claims_json.h"
#include "normlab/core/error.h"
#include "normlab/core/text.h"

namespace normlab {
namespace {

// "steps < 1", "final metric 0.909–1.1"
std::string claimed_text(const ClaimContrast& contrast) {
  const double margin = contrast.margin;
  switch (contrast.direction) {
    case ClaimDirection::less:
      return fmt::format("{} < {:.4g}", measure_text(contrast), margin);
    case ClaimDirection::greater:
      return fmt::format("{} > {:.4g}", measure_text(contrast), margin);
    default:
      return fmt::format("{} {:.3g}–{:.3g}", measure_text(contrast), 1 / margin, margin);
  }
}

std::string percent(double share) {
  return fmt::format("{:.4g} %", 100 * share);
}

std::string verdict_text(const JudgedCell& cell) {
  return cell.verdict() + (cell.fragile.empty() ? "" : ", fragile");
}

// Whether nothing but durations is compared, which rounds stand for seeds of.
bool is_of_rounds(const JudgedContrast& contrast) {
  const ClaimMeasure measure = contrast.contrast->measure;
  return measure == ClaimMeasure::step_time || measure == ClaimMeasure::kernel_time;
}

// "10", or how many of the runs are there; of durations, "31 rounds".
std::string seeds_text(const JudgedContrast& contrast) {
  const ClaimEvidence& evidence = contrast.final.evidence;
  if (is_of_rounds(contrast))
    return evidence.untimed ? "not timed" : fmt::format("{} rounds", evidence.ratios.size());
  if (evidence.missing > 0)
    return fmt::format("{} ({} of {} runs missing)", contrast.seeds, evidence.missing, contrast.runs);
  return fmt::format("{}{}", contrast.seeds, evidence.untimed ? " (not timed)" : "");
}

// The ratio and its interval, whose level is said below the table.
Field ratio_field(const JudgedCell& cell) {
  if (!cell.judgement) return {"—", ""};
  const RatioInterval& ratio = cell.judgement->ratio;
  return {fmt::format("{:.3g}", ratio.ratio), fmt::format("({:.3g}–{:.3g})", ratio.lower, ratio.upper)};
}

std::string p_text_of(const JudgedCell& cell) {
  if (!cell.judgement) return "—";
  const double p = cell.judgement->adjusted_p;
  return p < 0.001 ? "<0.001" : fmt::format("{:.2g}", p);
}

std::string wanted_text(const JudgedContrast& contrast) {
  const auto& judgement = contrast.final.judgement;
  if (!judgement || !judgement->seeds) return "";
  return fmt::format("{}{}", *judgement->seeds, is_of_rounds(contrast) ? " rounds" : "");
}

std::vector<Field> invariance_row(const JudgedClaim& claim, const JudgedInvariance& one,
                                  const std::filesystem::path& out) {
  const bool invariant = one.invariance->invariant;
  return {{printable(claim.claim->id), ""},
          {one.invariance->norm + ", " + with_blanks(one.invariance->change), ""},
          {invariant ? "output stays" : "output changes", ""},
          {fmt::format("change {:.2g}", invariant ? one.final.largest : one.final.smallest), ""},
          {one.final.verdict(invariant), ""},
          {"—", ""},
          {"—", ""},
          {std::to_string(one.seeds), ""},
          {"", ""},
          {one.replication.verdict(invariant), ""},
          {claims_command("report", claim, out), ""}};
}

// That of several files each is judged by itself; "" of one.
std::string families_text(const ClaimsReport& report) {
  std::set<std::filesystem::path> files;
  std::vector<double> levels;
  for (const JudgedClaim& claim : report.claims) {
    if (claim.contrasts.empty()) continue;
    files.insert(claim.file);
    levels.push_back(claim.level);
  }
  if (files.size() < 2) return "";
  const auto [least, most] = std::ranges::minmax(levels);
  const std::string level = least == most ? percent(least) : percent(least) + " to " + percent(most);
  return fmt::format(
      "{} files of claims are {} families, and each has its own level: some verdict of a family "
      "is wrong with a probability of at most {}, of all together with a larger one.",
      files.size(), files.size(), level);
}

Table claims_table(const ClaimsReport& report, const std::filesystem::path& out) {
  Table table{.header = {"claim", "contrast", "claimed", "ratio", "verdict", "level", "p", "seeds",
                         "seeds wanted", "replication", "command"},
              .right_aligned = {false, false, false, true, false, true, true, true, true, false, false},
              .rows = {},
              .notes = {}};
  for (const JudgedClaim& claim : report.claims) {
    for (const JudgedContrast& contrast : claim.contrasts) {
      const std::string level = contrast.final.judgement ? percent(1 - contrast.final.judgement->level) : "—";
      table.rows.push_back({{printable(claim.claim->id), ""},
                            {contrast.label, ""},
                            {claimed_text(*contrast.contrast), ""},
                            ratio_field(contrast.final),
                            {verdict_text(contrast.final), ""},
                            {level, ""},
                            {p_text_of(contrast.final), ""},
                            {seeds_text(contrast), ""},
                            {wanted_text(contrast), ""},
                            {verdict_text(contrast.replication), ""},
                            {claims_command("run", claim, out), ""}});
    }
    for (const JudgedInvariance& one : claim.invariances)
      table.rows.push_back(invariance_row(claim, one, out));
  }
  return table;
}

// What belongs to the claim as a whole and to no column.
std::vector<std::string> remarks_on(const JudgedClaim& claim) {
  std::vector<std::string> remarks;
  if (!claim.doubt.empty()) remarks.push_back(claim.doubt);
  if (!claim.replication_doubt.empty()) remarks.push_back("replication: " + claim.replication_doubt);
  for (const JudgedContrast& contrast : claim.contrasts) {
    if (!contrast.final.evidence.reason.empty())
      remarks.push_back(fmt::format("{}: {}", contrast.label, contrast.final.evidence.reason));
    if (!contrast.final.fragile.empty())
      remarks.push_back(fmt::format("{} is {} ({})", contrast.label, contrast.final.verdict(),
                                    fmt::join(contrast.final.fragile, "; ")));
  }
  return remarks;
}

std::string source_of(const Claim& claim) {
  const std::string section = claim.section.empty() ? "" : ", section " + claim.section;
  return printable(claim.paper + section);
}

std::string summary_of(const JudgedClaim& claim) {
  return fmt::format("{}{}; replication: {}", claim.verdict(), claim.is_fragile() ? ", fragile" : "",
                     claim.replication());
}

const char* const explanation_of_claims =
    "Ratios are of the mean of the first side over that of the second one, of times restricted to the "
    "earliest "
    "point at which a run of the two is censored (a diverged run never reaches its target, and is censored "
    "where its budget ends); the interval is "
    "a "
    "bootstrap one at the level that Holm's procedure gives the contrast among all of its claims file. "
    "Supported: the interval lies where it is claimed, and the exact permutation test rejects the margin at "
    "that level; contradicted: on the other side; undecided: neither, and so many seeds a side would decide "
    "it "
    "with a probability of 80 % if the ratio is as it looks; underpowered: no outcome of so many seeds could "
    "decide; fragile: other thresholds, or another number of evaluations in a row, change the verdict. p is "
    "adjusted by Holm. Times of steps and of kernels are measured apart, round after round: their ratio is "
    "the "
    "median of the rounds', their test the sign test. Seconds are steps times the time of a step, with what "
    "is "
    "uncertain of both. Outputs stay where the largest change over all seeds is at most 0.001 of their "
    "deviation, and "
    "change where the smallest is at least 0.01 of it. Replication: the same on seeds that nothing else has "
    "used.";

std::string render_text(const ClaimsReport& report, const std::filesystem::path& out) {
  std::string text;
  for (const JudgedClaim& claim : report.claims) {
    text += wrapped(fmt::format("{}: {}", printable(claim.claim->id), printable(claim.claim->sentence)), 110);
    text += fmt::format("  source   {}\n  verdict  {}\n", source_of(*claim.claim), summary_of(claim));
    for (const std::string& remark : remarks_on(claim)) text += fmt::format("  note     {}\n", remark);
  }
  text += "\n" + render_aligned(claims_table(report, out)) + "\n";
  if (const std::string families = families_text(report); !families.empty())
    text += wrapped(families, 110) + "\n";
  return text + wrapped(explanation_of_claims, 110);
}

std::string render_claims_markdown(const ClaimsReport& report, const std::filesystem::path& out) {
  std::string text;
  for (const JudgedClaim& claim : report.claims) {
    text += fmt::format("- **{}** {} ({}): {}\n", markdown_escaped(printable(claim.claim->id)),
                        markdown_escaped(printable(claim.claim->sentence)),
                        markdown_escaped(source_of(*claim.claim)), summary_of(claim));
    for (const std::string& remark : remarks_on(claim))
      text += fmt::format("  - {}\n", markdown_escaped(remark));
  }
  text += markdown_table(claims_table(report, out)) + "\n\n";
  if (const std::string families = families_text(report); !families.empty()) text += families + "\n\n";
  return text + explanation_of_claims + "\n";
}

// Each once, with the claims about it.
std::vector<PageExperiment> experiments_of(const ClaimsReport& report) {
  std::vector<PageExperiment> experiments;
  for (const JudgedClaim& claim : report.claims) {
    if (claim.folder.empty()) continue;
    auto found = std::ranges::find(experiments, claim.folder, &PageExperiment::folder);
    if (found == experiments.end()) found = experiments.insert(found, {.folder = claim.folder, .claims = {}});
    found->claims.push_back(claim.claim->id);
  }
  return experiments;
}

}  // namespace

const std::vector<std::string>& claims_format_names() {
  static const std::vector<std::string> names{"text", "markdown", "json", "html"};
  return names;
}

void require_claims_format(std::string_view name) {
  const std::vector<std::string>& names = claims_format_names();
  if (std::ranges::find(names, name) == names.end()) refuse_name("format", name, names);
  if (name == "html") require_page_library(page_assets::library);
}

std::string render_claims(const ClaimsReport& report, std::string_view format,
                          const std::filesystem::path& out) {
  if (format == "text") return render_text(report, out);
  if (format == "markdown") return render_claims_markdown(report, out);
  if (format == "json") return claims_json(report, out).dump(2) + "\n";
  require_claims_format(format);
  return render_claims_page(claims_json(report, out), experiments_of(report));
}

}  // namespace normlab
