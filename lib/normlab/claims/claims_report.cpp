#include "normlab/claims/claims_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "normlab/claims/registration.h"

namespace normlab {
namespace {

constexpr std::array verdict_names = {"supported", "contradicted", "undecided", "underpowered"};

std::string name_of(Verdict verdict) {
  return verdict_names[static_cast<std::size_t>(verdict)];
}

std::string joint_verdict(const std::vector<std::string>& verdicts) {
  for (const char* one : {"contradicted", "not run", "not comparable", "underpowered", "undecided"}) {
    if (std::ranges::find(verdicts, one) != verdicts.end()) return one;
  }
  return "supported";
}

std::vector<JudgedInvariance> judge_invariances(const Claim& claim, const ClaimSeeds& seeds) {
  std::vector<JudgedInvariance> judged;
  judged.reserve(claim.invariances.size());
  for (const Invariance& invariance : claim.invariances) {
    judged.push_back({.invariance = &invariance,
                      .seeds = static_cast<Index>(seeds.final.size()),
                      .final = output_change(invariance, seeds.final),
                      .replication = output_change(invariance, seeds.replication)});
  }
  return judged;
}

// Null pointer where the claim is about none.
const PlannedKernels* kernels_of(const ClaimsPlan& plan, const PlannedClaim& claim) {
  if (claim.contrasts.empty() || !claim.contrasts.front().contrast->kernels) return nullptr;
  return &*std::ranges::find(plan.kernels, claim.file, &PlannedKernels::file);
}

// What keeps one from trusting the rule of a claim, in one set of results.
std::string doubt_of(const ClaimsPlan& plan, const PlannedClaim& claim) {
  if (const PlannedKernels* kernels = kernels_of(plan, claim)) {
    const auto times = read_kernel_times(kernels->times);
    for (const PlannedContrast& one : claim.contrasts) {
      const std::string& rule = plan.files[claim.file].sha256;
      if (std::string doubt = doubt_of_kernel_times(times, *one.contrast->kernels, rule); !doubt.empty())
        return doubt;
    }
  }
  if (!claim.experiment) return "";
  return doubt_of_rule(plan.experiments[*claim.experiment].folder, plan.files[claim.file]);
}

// Judges what one set of seeds says of all claims.
class Judge {
 public:
  explicit Judge(const ClaimsPlan& plan) : plan_(plan) {}

  // One for each contrast of each claim, in their order.
  std::vector<std::vector<JudgedCell>> judge_all() {
    std::vector<std::vector<JudgedCell>> cells;
    for (const PlannedClaim& claim : plan_.claims) {
      cells.emplace_back();
      for (const PlannedContrast& contrast : claim.contrasts) {
        const std::string target = contrast.cell.targets.empty() ? "" : contrast.cell.targets.front();
        cells.back().push_back({.evidence = evidence_of(claim, contrast, target)});
      }
    }
    for (std::size_t file = 0; file < plan_.files.size(); ++file) judge_family(file, cells);
    return cells;
  }

 private:
  ClaimEvidence evidence_of(const PlannedClaim& claim, const PlannedContrast& contrast,
                            const std::string& target) {
    if (contrast.contrast->kernels)
      return kernel_evidence(*contrast.contrast->kernels, kernel_times_of(claim));
    RecordFiles& files = files_.try_emplace(target, target).first->second;
    const PlannedExperiment& experiment = plan_.experiments[*claim.experiment];
    const ClaimMeasure measure = contrast.contrast->measure;
    static const std::optional<StepTimesRecord> none;
    return gather_evidence(contrast.cell, *contrast.contrast, experiment.folder, files,
                           needs_step_times(measure) ? step_times_of(experiment.folder) : none);
  }

  const std::optional<StepTimesRecord>& step_times_of(const std::filesystem::path& folder) {
    const auto [place, added] = step_times_.try_emplace(folder);
    if (added) place->second = read_step_times(folder);
    return place->second;
  }

  const std::vector<KernelTimesRecord>& kernel_times_of(const PlannedClaim& claim) {
    const auto [place, added] = kernel_times_.try_emplace(claim.file);
    if (added) place->second = read_kernel_times(kernels_of(plan_, claim)->times);
    return place->second;
  }

  void judge_family(std::size_t file, std::vector<std::vector<JudgedCell>>& cells) {
    std::vector<std::optional<Hypothesis>> family;
    std::vector<JudgedCell*> members;
    std::vector<std::pair<const PlannedClaim*, const PlannedContrast*>> planned;
    for (std::size_t i = 0; i < plan_.claims.size(); ++i) {
      const PlannedClaim& claim = plan_.claims[i];
      if (claim.file != file) continue;
      for (std::size_t j = 0; j < claim.contrasts.size(); ++j) {
        family.push_back(cells[i][j].evidence.hypothesis(*claim.contrasts[j].contrast));
        members.push_back(&cells[i][j]);
        planned.emplace_back(&claim, &claim.contrasts[j]);
      }
    }
    const auto judgements = judge(family, plan_.files[file].level);
    for (std::size_t i = 0; i < members.size(); ++i) {
      members[i]->judgement = judgements[i];
      if (judgements[i]) members[i]->fragile = changes(*planned[i].first, *planned[i].second, *judgements[i]);
    }
  }

  std::vector<std::string> changes(const PlannedClaim& claim, const PlannedContrast& contrast,
                                   const Judgement& judgement) {
    std::vector<std::string> changes;
    for (std::size_t i = 1; i < contrast.cell.targets.size(); ++i) {
      const std::string& target = contrast.cell.targets[i];
      JudgedCell other{.evidence = evidence_of(claim, contrast, target)};
      if (const auto hypothesis = other.evidence.hypothesis(*contrast.contrast))
        other.judgement = judge_at(*hypothesis, judgement.level);
      const std::string verdict = other.verdict();
      if (verdict != name_of(judgement.verdict)) changes.push_back(fmt::format("{} for {}", verdict, target));
    }
    return changes;
  }

  const ClaimsPlan& plan_;
  std::map<std::string, RecordFiles> files_;  // by the target that they look for
  std::map<std::filesystem::path, std::optional<StepTimesRecord>> step_times_;  // by folder
  std::map<std::size_t, std::vector<KernelTimesRecord>> kernel_times_;          // by the file of claims
};

}  // namespace

std::string JudgedCell::verdict() const {
  if (judgement) return name_of(judgement->verdict);
  return evidence.missing > 0 || evidence.untimed ? "not run" : "not comparable";
}

std::string JudgedClaim::verdict() const {
  std::vector<std::string> verdicts;
  verdicts.reserve(contrasts.size() + invariances.size());
  for (const JudgedContrast& one : contrasts) verdicts.push_back(one.final.verdict());
  for (const JudgedInvariance& one : invariances)
    verdicts.push_back(one.final.verdict(one.invariance->invariant));
  return joint_verdict(verdicts);
}

std::string JudgedClaim::replication() const {
  std::vector<std::string> verdicts;
  verdicts.reserve(contrasts.size() + invariances.size());
  for (const JudgedContrast& one : contrasts) verdicts.push_back(one.replication.verdict());
  for (const JudgedInvariance& one : invariances)
    verdicts.push_back(one.replication.verdict(one.invariance->invariant));
  return joint_verdict(verdicts);
}

bool JudgedClaim::is_fragile() const {
  return std::ranges::any_of(contrasts, [](const JudgedContrast& one) { return !one.final.fragile.empty(); });
}

ClaimsReport judge_claims(const ClaimsPlan& final, const ClaimsPlan& replication) {
  const auto cells = Judge(final).judge_all(), again = Judge(replication).judge_all();
  ClaimsReport report;
  for (std::size_t i = 0; i < final.claims.size(); ++i) {
    const PlannedClaim& planned = final.claims[i];
    const ClaimsFile& file = final.files[planned.file];
    JudgedClaim claim{.claim = planned.claim,
                      .file = file.path,
                      .folder = planned.experiment ? final.experiments[*planned.experiment].folder : "",
                      .level = file.level,
                      .doubt = doubt_of(final, planned),
                      .replication_doubt = doubt_of(replication, replication.claims[i]),
                      .contrasts = {},
                      .invariances = judge_invariances(*planned.claim, file.seeds)};
    for (std::size_t j = 0; j < planned.contrasts.size(); ++j) {
      const PlannedContrast& contrast = planned.contrasts[j];
      claim.contrasts.push_back({.contrast = contrast.contrast,
                                 .label = contrast.cell.label,
                                 .seeds = contrast.cell.seeds(),
                                 .runs = contrast.cell.runs(),
                                 .final = cells[i][j],
                                 .replication = again[i][j]});
    }
    report.claims.push_back(std::move(claim));
  }
  return report;
}

}  // namespace normlab
