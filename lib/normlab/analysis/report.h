// What a sweep found: for each group, how many runs reached the target and what that took.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "normlab/analysis/best.h"
#include "normlab/analysis/cell_curves.h"
#include "normlab/analysis/contrast.h"
#include "normlab/analysis/statistics.h"
#include "normlab/analysis/step_times.h"
#include "normlab/analysis/sweep_records.h"
#include "normlab/core/tensor.h"

namespace normlab {

// Up to where epochs, steps and seconds count.
enum class Extent { target, end_of_run };

// One group. A run that missed its target or diverged before it takes part in every spread as not_reached; a
// run that failed, is undefined or is unfinished takes part in none.
struct ReportRow {
  std::string model, norm;
  Index batch_size = 0;
  std::vector<nlohmann::json> settings;  // values of Report::columns
  std::string dataset;
  std::string target;                // "" when none was set
  Extent extent = Extent::target;    // end_of_run when there is no target
  std::vector<std::uint64_t> seeds;  // of all runs of the group
  Index runs = 0;                    // all records of the group
  Index reached = 0, missed = 0, finished = 0, diverged = 0, undefined = 0, failed = 0, unfinished = 0;
  std::optional<Spread> epochs;
  std::optional<Spread> steps;
  std::optional<Spread> train_seconds;                   // as measured
  std::optional<Spread> train_seconds_from_median_step;  // steps times the run's median step time
  std::optional<GroupTimes> times;                       // by steps that were timed apart
  std::string test_metric;                 // the task's reported one, of quality; "" when no run has any
  std::optional<Spread> best_validation;   // the same metric: of each run's evaluations
  std::optional<Spread> final_validation;  // at each run's end
  std::optional<Spread> test;              // over the runs that ended, where it compares
  bool test_compares = true;               // norms were tested at the same step: tests_that_compare()
  Index doubtful_times = 0;                // runs that doubt their own times
  Index doubtful_medians = 0;              // and of these, those that doubt their median step as well
  std::vector<std::string> time_warnings;  // why, one for each: "seed 2: the training clock says …"
  std::vector<TargetCurve> curves;         // in each Measure; none when no run that ended has a target
  std::vector<std::string> reasons;  // "undefined: …", "failed: …", "diverged: at step …"; each once
};

// The contrasts as another target would have them.
struct Sensitivity {
  TargetVariation target;
  std::vector<Contrast> contrasts;
};

struct Report {
  std::string name, description;
  std::vector<PooledFolder> folders;  // those of SweepRecords
  Index repeated = 0;
  std::vector<std::string> asked = {};  // options of the command that asked for it, word by word
  std::vector<std::string> models, datasets, targets;
  std::vector<std::uint64_t> seeds;
  std::vector<std::string> model_sizes;  // "mlp: hidden [128,128], 118,282 parameters"
  std::vector<std::string> machines;     // "CPU, SIMD, 1 thread", one for each kind of environment
  std::vector<std::string> versions;     // "normlab 0.1.0, oneDNN 2.6.3, GNU 12.2.0"
  std::string step_times;                // what was timed apart, and when; "" when nothing was
  std::vector<std::string> columns;      // further settings that tell rows apart, dotted
  std::vector<std::pair<std::string, std::string>> by_model;  // setting, "mlp: 1, lstm: 2"
  std::vector<std::string> warnings;
  std::vector<ReportRow> rows;
  std::vector<std::string> chosen;       // settings whose best value each row has, of those that were tried
  std::vector<BestChoice> choices;       // then one for each row
  ContrastRequest contrasted;            // what the contrasts are of
  std::vector<Contrast> contrasts;       // none where none were asked for
  std::vector<Sensitivity> sensitivity;  // one for each of SweepRecords::variations, if there are contrasts
  std::shared_ptr<const SweepCurves> drawn = {};  // what the formats that draw are made of, if asked for
};

}  // namespace normlab
