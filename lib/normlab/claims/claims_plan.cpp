#include "normlab/claims/claims_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "normlab/core/error.h"
#include "normlab/core/text.h"
#include "normlab/experiment/spec/shell_changes.h"
#include "normlab/experiment/tune/tuned.h"

namespace normlab {
namespace {

namespace filesystem = std::filesystem;

SweepSpec spec_with_seeds(const filesystem::path& file, const std::vector<std::uint64_t>& seeds) {
  SweepSpec spec = load_sweep_spec(file);
  apply_shell_setting(spec, {"seed", {seeds.begin(), seeds.end()}});
  return spec;
}

class Planner {
 public:
  Planner(std::vector<ClaimsFile> files, ClaimPhase phase, filesystem::path out) : out_(std::move(out)) {
    plan_.phase = phase;
    plan_.files = std::move(files);
  }

  ClaimsPlan plan() {
    for (std::size_t i = 0; i < plan_.files.size(); ++i) {
      std::size_t contrasts = 0;
      for (const Claim& claim : plan_.files[i].claims) contrasts += plan_claim(claim, i);
      require_family(plan_.files[i], contrasts);
    }
    return std::move(plan_);
  }

 private:
  // How many contrasts it has.
  std::size_t plan_claim(const Claim& claim, std::size_t file) {
    try {
      PlannedClaim planned{&claim, file, {}, {}};
      if (!claim.invariances.empty()) {
        plan_.claims.push_back(std::move(planned));
        return 0;
      }
      if (claim.spec.empty()) return plan_kernels(std::move(planned));
      planned.experiment = experiment_of(claim, file);
      const PlannedExperiment& experiment = plan_.experiments[*planned.experiment];
      for (const ClaimContrast& contrast : claim.contrasts) {
        for (ClaimCell& cell : find_cells(experiment.spec, experiment.runs, contrast))
          planned.contrasts.push_back({&contrast, std::move(cell)});
      }
      plan_.claims.push_back(std::move(planned));
      return plan_.claims.back().contrasts.size();
    } catch (const RequestError& error) {
      throw RequestError(fmt::format("claim {}: {}", shortened(claim.id), error.what()));
    }
  }

  std::size_t plan_kernels(PlannedClaim planned) {
    if (plan_.kernels.empty() || plan_.kernels.back().file != planned.file) {
      const filesystem::path& file = plan_.files[planned.file].path;
      plan_.kernels.push_back(
          {planned.file, kernel_times_file(out_, file, plan_.phase == ClaimPhase::replication), {}});
    }
    std::vector<KernelPair>& pairs = plan_.kernels.back().pairs;
    for (const ClaimContrast& contrast : planned.claim->contrasts) {
      if (std::ranges::find(pairs, *contrast.kernels) == pairs.end()) pairs.push_back(*contrast.kernels);
      ClaimCell cell;
      cell.label = kernel_label(*contrast.kernels);
      planned.contrasts.push_back({&contrast, std::move(cell)});
    }
    plan_.claims.push_back(std::move(planned));
    return plan_.claims.back().contrasts.size();
  }

  std::size_t experiment_of(const Claim& claim, std::size_t file) {
    const ClaimsFile& claims = plan_.files[file];
    const auto known = std::ranges::find(plan_.experiments, claim.spec, &PlannedExperiment::spec_file);
    if (known != plan_.experiments.end()) {
      require_same_seeds(*known, claims);
      if (std::ranges::find(known->files, file) == known->files.end()) known->files.push_back(file);
      return static_cast<std::size_t>(known - plan_.experiments.begin());
    }
    PlannedExperiment experiment{.spec_file = claim.spec,
                                 .sha256 = claim.spec_sha256,
                                 .spec = spec_with_seeds(claim.spec, seeds_of(claims, plan_.phase)),
                                 .runs = {},
                                 .folder = {},
                                 .files = {file}};
    experiment.folder =
        out_ / (experiment.spec.name + (plan_.phase == ClaimPhase::final ? "" : "-replication"));
    if (experiment.spec.tune) take_choices(experiment, claims);
    experiment.runs = expand(experiment.spec);
    for (const PlannedExperiment& other : plan_.experiments) {
      if (other.folder == experiment.folder)
        refuse("experiment", quotation(experiment.spec.name),
               fmt::format("{} has that name as well, and their results would share a folder",
                           shortened(other.spec_file.string())));
    }
    plan_.experiments.push_back(std::move(experiment));
    return plan_.experiments.size() - 1;
  }

  // Both phases take what was chosen beside the results of the first, on seeds that neither uses.
  void take_choices(PlannedExperiment& experiment, const ClaimsFile& claims) const {
    if (claims.seeds.tuning.empty())
      refuse("seeds.tuning", "nothing", "the experiment is tuned, and needs seeds for that");
    experiment.spec.tune->seeds = claims.seeds.tuning;
    experiment.search = experiment.spec;
    const auto chosen = read_tuned_before(out_ / experiment.spec.name, *experiment.spec.tune);
    experiment.searched = chosen.has_value();
    if (chosen) experiment.spec = with_choices(experiment.spec, *chosen, default_max_runs);
    experiment.spec.tune.reset();
  }

  void require_same_seeds(const PlannedExperiment& experiment, const ClaimsFile& file) const {
    const ClaimsFile& first = plan_.files[experiment.files.front()];
    const bool same_tuning = !experiment.search || first.seeds.tuning == file.seeds.tuning;
    if (seeds_of(first, plan_.phase) == seeds_of(file, plan_.phase) && same_tuning) return;
    refuse("seeds", shortened(file.path.filename().string()),
           fmt::format("{} has claims about the same experiment with other seeds, and it is run with one set "
                       "of them",
                       shortened(first.path.filename().string())));
  }

  static void require_family(const ClaimsFile& file, std::size_t contrasts) {
    constexpr double least_level = 0.0001;  // of bootstrap_ratio()
    if (static_cast<double>(contrasts) * least_level <= file.level) return;
    refuse(shortened(file.path.filename().string()), fmt::format("{} contrasts", contrasts),
           fmt::format("at a level of {} a family has at most {:.0f}", file.level, file.level / least_level));
  }

  ClaimsPlan plan_;
  filesystem::path out_;
};

bool has_contrast(const ClaimsPlan& plan, std::size_t experiment, bool (*wanted)(ClaimMeasure)) {
  return std::ranges::any_of(plan.claims, [&](const PlannedClaim& claim) {
    return claim.experiment == experiment &&
           std::ranges::any_of(claim.contrasts, [&](const PlannedContrast& contrast) {
             return wanted(contrast.contrast->measure);
           });
  });
}

}  // namespace

bool needs_runs(const ClaimsPlan& plan, std::size_t experiment) {
  return has_contrast(plan, experiment,
                      [](ClaimMeasure measure) { return measure != ClaimMeasure::step_time; });
}

bool needs_step_times(const ClaimsPlan& plan, std::size_t experiment) {
  return has_contrast(plan, experiment, [](ClaimMeasure measure) { return needs_step_times(measure); });
}

const std::vector<std::uint64_t>& seeds_of(const ClaimsFile& file, ClaimPhase phase) {
  return phase == ClaimPhase::final ? file.seeds.final : file.seeds.replication;
}

ClaimsPlan plan_claims(std::vector<ClaimsFile> files, ClaimPhase phase, const filesystem::path& out) {
  return Planner(std::move(files), phase, out).plan();
}

void require_same_rules(const ClaimsPlan& before, const ClaimsPlan& now) {
  const auto is_same = [](const ClaimsFile& a, const ClaimsFile& b) {
    return a.path == b.path && a.sha256 == b.sha256;
  };
  const auto [was, is] = std::ranges::mismatch(before.files, now.files, is_same);
  if (was == before.files.end() && is == now.files.end()) return;
  const ClaimsFile& edited = was == before.files.end() ? *is : *was;
  refuse("claims", shortened(edited.path.string()),
         "the rule that stood there when settings began to be searched for is, and it was edited since");
}

}  // namespace normlab
