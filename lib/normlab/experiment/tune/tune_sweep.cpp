#include "normlab/experiment/tune/tune_sweep.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "normlab/core/error.h"
#include "normlab/core/json.h"
#include "normlab/core/log.h"
#include "normlab/core/text.h"
#include "normlab/experiment/run/run_store.h"
#include "normlab/experiment/sweep/sweep_needs.h"
#include "normlab/experiment/tune/tuning_cells.h"

namespace normlab {
namespace {

constexpr int most_widenings = 2;

// Parts of the budget at which trials are compared.
std::vector<double> shares_of(const TuneSpec& tune) {
  return tune.halving ? std::vector<double>{0.25, 0.5, 1} : std::vector<double>{1};
}

// The spec of the trials without a point of theirs.
SweepSpec spec_of_trials(const SweepSpec& spec) {
  SweepSpec trials = spec;
  std::erase_if(trials.grid, [](const Axis& axis) { return axis.path == "seed"; });
  Axis seeds{"seed", {}};
  for (const std::uint64_t seed : spec.tune->seeds) seeds.values.emplace_back(seed);
  trials.grid.insert(trials.grid.begin(), std::move(seeds));
  trials.tuned_on.clear();
  return trials;
}

void require_comparable(const SweepRun& run) {
  if (run.config.budget.seconds > 0) {
    refuse(
        "budget.seconds", fmt::format("{}", run.config.budget.seconds),
        "trials are compared under budgets in epochs, steps or samples, which give the same everywhere, so "
        "one of these is");
  }
  if (run.config.target && run.config.target->split == Split::train) {
    refuse("target", quotation(run.config.target->text()),
           "trials are compared by validation data, so a metric of these is");
  }
}

// Runs for the points of a search.
class TrialRuns {
 public:
  TrialRuns(const SweepSpec& spec, std::uint64_t max_runs)
      : spec_(spec_of_trials(spec)), max_runs_(max_runs) {}

  const SweepSpec& spec() const { return spec_; }

  // The runs of all cells, in the order of the spec, with this point set. A point that is refused is so each
  // time that it is asked for.
  const std::vector<SweepRun>& at(const Json& point) {
    const std::string key = point.dump();
    const auto known = runs_.find(key);
    if (known != runs_.end()) return known->second;
    std::vector<SweepRun> runs = expand(spec_at(point), max_runs_);
    for (const SweepRun& run : runs) require_comparable(run);
    return runs_.emplace(key, std::move(runs)).first->second;
  }

 private:
  SweepSpec spec_at(const Json& point) const {
    SweepSpec spec = spec_;
    Override set;
    for (const auto& item : point.items()) set.set.emplace_back(item.key(), item.value());
    if (!set.set.empty()) spec.overrides.push_back(std::move(set));
    return spec;
  }

  SweepSpec spec_;
  std::uint64_t max_runs_;
  std::map<std::string, std::vector<SweepRun>> runs_;
};

// A cell while it is searched.
struct CellSearch {
  TuningCell cell;
  TunedCell found;
  SearchBox range;  // all that was searched
  std::optional<SearchBox> next;
  std::map<std::size_t, std::vector<TrialRun>> whole;  // of the trials that had their whole budget, by place
};

// Why one of a trial's runs has no meaning, or nothing.
std::optional<std::string> undefined_in(const std::vector<const SweepRun*>& runs) {
  const auto found =
      std::find_if(runs.begin(), runs.end(), [](const SweepRun* run) { return run->undefined.has_value(); });
  return found == runs.end() ? std::nullopt : (*found)->undefined;
}

class Search {
 public:
  explicit Search(const TuneRequest& request)
      : request_(request),
        tune_(*request.spec.tune),
        halton_(tune_.seeds.front(), static_cast<int>(tune_.space.size())),
        trial_runs_(request.spec, request.max_runs) {
    for (const SearchSetting& setting : tune_.space) {
      for (const Axis& axis : request.spec.grid) {
        if (axis.path == setting.path)
          refuse("tune.space." + setting.path, "an axis of the grid",
                 "a setting that the grid does not vary is");
      }
    }
    require_other_seeds(expand(request.spec, request.max_runs), tune_.seeds, "tune.seeds");
    for (TuningCell& cell : tuning_cells(trial_runs_.spec(), trial_runs_.at(Json::object()))) {
      TunedCell found;
      found.when = cell.when;
      searches_.push_back(
          {std::move(cell), std::move(found), whole_box(tune_.space), whole_box(tune_.space), {}});
    }
    if (searches_.empty()) refuse("tune", "a search", "one with a run that is defined is");
    add_trials(0);
    for (const CellSearch& search : searches_) require_defined_trial(search);
  }

  std::vector<SweepRun> runs_of_bracket() {
    std::vector<SweepRun> runs;
    std::set<std::string> known;
    for (const CellSearch& search : searches_) {
      for (const Trial& trial : search.found.trials) {
        if (trial.widening != bracket_ || !search.next) continue;
        for (const SweepRun* run : runs_of(search, trial)) {
          if (known.insert(run->id).second) runs.push_back(*run);
        }
      }
    }
    return runs;
  }

  std::optional<Tuned> run(SweepOutcome& outcome) {
    set_aside_damaged_tuned(request_.folder);
    for (bracket_ = 0; bracket_ <= most_widenings; ++bracket_) {
      if (bracket_ > 0) add_trials(bracket_);
      if (std::none_of(searches_.begin(), searches_.end(), [](const auto& s) { return s.next.has_value(); }))
        break;
      if (!run_bracket(outcome)) return std::nullopt;
      for (CellSearch& search : searches_) choose(search);
    }
    Tuned tuned{request_.spec.name, tune_, {}};
    tuned.cells.reserve(searches_.size());
    for (CellSearch& search : searches_) tuned.cells.push_back(search.found);
    return tuned;
  }

 private:
  std::vector<const SweepRun*> runs_of(const CellSearch& search, const Trial& trial) {
    const std::vector<SweepRun>& all = trial_runs_.at(trial.point);
    std::vector<const SweepRun*> runs;
    runs.reserve(search.cell.runs.size());
    for (const std::size_t place : search.cell.runs) runs.push_back(&all.at(place));
    return runs;
  }

  // Those of one cell in the box, after so many widenings.
  std::vector<Trial> trials_in(const CellSearch& search, const SearchBox& box, int widening) {
    std::vector<Trial> trials;
    trials.reserve(static_cast<std::size_t>(tune_.trials));
    for (Index i = 0; i < tune_.trials; ++i) {
      const auto index = static_cast<std::uint64_t>(widening * tune_.trials + i);
      Trial& trial = trials.emplace_back();
      trial.point = point_in(tune_.space, box, halton_, index);
      trial.widening = widening;
      for (const SweepRun* run : runs_of(search, trial)) trial.runs.push_back(run->id);
    }
    return trials;
  }

  // The trials of each cell that has a box to search.
  void add_trials(int widening) {
    for (CellSearch& search : searches_) {
      if (!search.next) continue;
      for (Trial& trial : trials_in(search, *search.next, widening))
        search.found.trials.push_back(std::move(trial));
    }
  }

  // Without one there would be nothing to choose.
  void require_defined_trial(const CellSearch& search) {
    if (const auto reason = undefined_reason_of(search, search.found.trials)) {
      refuse("tune.space", search.cell.name,
             fmt::format("a space with a point that has a meaning there is ({})", *reason));
    }
  }

  // Why none of the trials has a meaning, or nothing.
  std::optional<std::string> undefined_reason_of(const CellSearch& search, const std::vector<Trial>& trials) {
    std::optional<std::string> reason;
    for (const Trial& trial : trials) {
      reason = undefined_in(runs_of(search, trial));
      if (!reason) break;
    }
    return reason;
  }

  bool run_bracket(SweepOutcome& outcome) {
    const std::vector<SweepRun> runs = runs_of_bracket();
    const SweepNeeds needs = check_runs_against_data(runs, resolve_jobs(request_.options.jobs, runs));
    for (std::size_t i = 0; i < runs.size(); ++i) last_steps_[runs[i].id] = needs.runs[i].last_step;
    RunStore store(request_.folder / "tuning", trial_runs_.spec(), runs, MayDiffer::runs);
    const std::vector<double> shares = shares_of(tune_);
    for (std::size_t rung = 0; rung < shares.size(); ++rung) {
      outcome = run_sweep(store, runs_alive(), options_at(shares[rung]));
      if (outcome.interrupted || outcome.failed > 0) return false;
      for (CellSearch& search : searches_) {
        if (search.next) compare(search, store, shares[rung], rung);
      }
      remove_leftovers_of_cut(store);
    }
    return true;
  }

  bool takes_part(const CellSearch& search, const Trial& trial) const {
    return search.next && trial.widening == bracket_ && !trial.cut;
  }

  std::vector<SweepRun> runs_alive() {
    std::vector<SweepRun> runs;
    std::set<std::string> known;
    for (const CellSearch& search : searches_) {
      for (const Trial& trial : search.found.trials) {
        if (!takes_part(search, trial)) continue;
        for (const SweepRun* run : runs_of(search, trial)) {
          if (known.insert(run->id).second) runs.push_back(*run);
        }
      }
    }
    return runs;
  }

  Index step_at(const SweepRun& run, double share) const {
    const auto last = static_cast<double>(last_steps_.at(run.id));
    return std::max<Index>(1, static_cast<Index>(std::ceil(share * last)));
  }

  SweepOptions options_at(double share) {
    SweepOptions options = request_.options;
    options.save_parameters = false;
    options.phase =
        bracket_ == 0 ? "tuning" : fmt::format("tuning, widened {}", bracket_ == 1 ? "once" : "twice");
    if (share < 1) {
      options.phase += fmt::format(", up to {:.0f} % of the budget", 100 * share);
      for (const SweepRun& run : runs_alive()) {
        if (!run.undefined) options.pause_at[run.id] = step_at(run, share);
      }
    }
    return options;
  }

  // For each run of the cell the most steps that a trial gives it by this part of the budget. Of a space
  // without budgets and batch sizes these are the same for all trials.
  std::vector<Index> longest_steps(const CellSearch& search, double share) {
    std::vector<Index> longest(search.cell.runs.size(), 1);
    for (const Trial& trial : search.found.trials) {
      const std::vector<const SweepRun*> runs = runs_of(search, trial);
      for (std::size_t i = 0; i < runs.size(); ++i)
        longest[i] = std::max(longest[i], step_at(*runs[i], share));
    }
    return longest;
  }

  std::vector<TrialRun> runs_at(const CellSearch& search, const Trial& trial, const RunStore& store,
                                double share, const std::vector<Index>& longest) {
    const std::vector<const SweepRun*> runs = runs_of(search, trial);
    std::vector<TrialRun> found;
    found.reserve(runs.size());
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const Index limit = runs[i]->undefined ? longest[i] : step_at(*runs[i], share);
      found.push_back(
          trial_run(read_sorted_json(store.record_path(runs[i]->id), "out"), runs[i]->config, limit));
      found.back().counted_to = longest[i];
    }
    return found;
  }

  // Measures the trials that are not cut, and cuts those that are behind.
  void compare(CellSearch& search, const RunStore& store, double share, std::size_t rung) {
    const std::vector<Index> longest = longest_steps(search, share);
    std::vector<Trial*> trials;
    std::vector<TrialMeasure> measures;
    for (std::size_t i = 0; i < search.found.trials.size(); ++i) {
      Trial& trial = search.found.trials[i];
      if (!takes_part(search, trial)) continue;
      std::vector<TrialRun> runs = runs_at(search, trial, store, share, longest);
      measures.push_back(measure_trial(runs));
      trial.measures.push_back(measures.back());
      trials.push_back(&trial);
      if (share == 1) search.whole[i] = std::move(runs);
    }
    if (share == 1) return;
    const auto all = static_cast<std::size_t>(tune_.trials);
    const std::size_t parts = std::size_t{2} << rung;
    const std::size_t keep = std::max<std::size_t>(2, (all + parts - 1) / parts);
    const std::vector<std::size_t> order = ranked(measures);
    for (std::size_t place = keep; place < order.size(); ++place) trials[order[place]]->cut = true;
  }

  // A point that two trials share stays while one of them does.
  void remove_leftovers_of_cut(const RunStore& store) {
    std::set<std::string> alive;
    for (const SweepRun& run : runs_alive()) alive.insert(run.id);
    for (const CellSearch& search : searches_) {
      for (const Trial& trial : search.found.trials) {
        if (!trial.cut) continue;
        for (const std::string& id : trial.runs) {
          if (!alive.contains(id)) store.remove_leftovers(id);
        }
      }
    }
  }

  // The best of the trials that had their whole budget. Those of a space before it was widened are measured
  // again, by what the longest budget is now.
  std::size_t best_of(CellSearch& search) {
    const std::vector<Index> longest = longest_steps(search, 1);
    std::vector<TrialMeasure> measures;
    std::vector<std::size_t> places;
    for (auto& [place, runs] : search.whole) {
      for (std::size_t i = 0; i < runs.size(); ++i) runs[i].counted_to = longest[i];
      measures.push_back(measure_trial(runs));
      search.found.trials[place].measures.back() = measures.back();
      places.push_back(place);
    }
    return places[ranked(measures).front()];
  }

  // The best, and what to search next.
  void choose(CellSearch& search) {
    if (!search.next) return;
    TunedCell& found = search.found;
    found.chosen = best_of(search);
    search.next.reset();
    found.at_end.clear();
    for (std::size_t i = 0; i < tune_.space.size(); ++i) {
      const Json& value = found.trials[found.chosen].point.at(tune_.space[i].path);
      const auto end = outer_end(tune_.space[i], search.range[i], value);
      if (!end) continue;
      found.at_end.push_back(tune_.space[i].path);
      if (!search.next && bracket_ < most_widenings) widen(search, i, *end);
    }
    tell(search);
  }

  void widen(CellSearch& search, std::size_t i, RangeEnd end) {
    const SearchSetting& setting = tune_.space[i];
    SearchRange& range = search.range[i];
    SearchBox box = search.range;
    box[i] = range_beyond(setting, range, {setting.low, setting.high}, end);
    Widening widening{.setting = setting.path, .end = end, .from = range, .to = range, .refused = {}};
    const bool told = std::any_of(
        search.found.widenings.begin(), search.found.widenings.end(), [&](const Widening& before) {
          return before.setting == setting.path && before.end == end && !before.refused.empty();
        });
    if (told) return;
    widening.refused = refusal_of(search, box);
    if (widening.refused.empty()) {
      (end == RangeEnd::upper ? widening.to.high : widening.to.low) =
          end == RangeEnd::upper ? box[i].high : box[i].low;
      range = widening.to;
      search.next = std::move(box);
    }
    search.found.widenings.push_back(std::move(widening));
  }

  // Why points of the box are none of the settings, do not go with the data or need more memory than there
  // is, or "".
  std::string refusal_of(const CellSearch& search, const SearchBox& box) {
    try {
      const std::vector<Trial> trials = trials_in(search, box, bracket_ + 1);
      if (const auto reason = undefined_reason_of(search, trials)) return *reason;
      std::vector<SweepRun> runs;
      runs.reserve(trials.size() * search.cell.runs.size());
      for (const Trial& trial : trials) {
        for (const SweepRun* run : runs_of(search, trial)) runs.push_back(*run);
      }
      check_runs_against_data(runs, resolve_jobs(request_.options.jobs, runs));
    } catch (const RequestError& error) {
      return error.what();
    }
    return "";
  }

  void tell(const CellSearch& search) const {
    const TunedCell& found = search.found;
    const Trial& best = found.trials[found.chosen];
    std::vector<std::string> values;
    for (const auto& item : best.point.items())
      values.push_back(fmt::format("{} {}", item.key(), shown(item.value())));
    std::string text = fmt::format("tuning: {}: {} is best of {} trials ({} of {} runs reached the target)",
                                   search.cell.name, fmt::join(values, ", "), found.trials.size(),
                                   best.measures.back().reached, best.measures.back().runs);
    if (search.next) {
      text += fmt::format("; it lies at the {} end of its range, which is widened",
                          found.widenings.back().end == RangeEnd::upper ? "upper" : "lower");
    } else if (!found.at_end.empty()) {
      text += fmt::format("; {} still lies at an end of its range", fmt::join(found.at_end, ", "));
    }
    log_info(text);
  }

  const TuneRequest& request_;
  const TuneSpec& tune_;
  ScrambledHalton halton_;
  TrialRuns trial_runs_;
  std::vector<CellSearch> searches_;
  std::map<std::string, Index> last_steps_;  // of the budgets, by id
  int bracket_ = 0;
};

}  // namespace

std::vector<SweepRun> first_trials(const TuneRequest& request) {
  return Search(request).runs_of_bracket();
}

std::optional<Tuned> tune_sweep(const TuneRequest& request, SweepOutcome& outcome) {
  return Search(request).run(outcome);
}

}  // namespace normlab
