// A run's record as sweeps and reports work with it: parsed, without its evaluations, and with what it has in
// common with other records kept once.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "normlab/core/error.h"
#include "normlab/core/tensor.h"
#include "normlab/tasks/metric.h"

namespace normlab {

// A setting of a config by its dotted path, such as optimizer.beta1; a list is a value, an object is not.
struct RecordedSetting {
  std::string path;
  nlohmann::json value;
  bool implied =
      false;  // the config leaves it out: it is at its default, and the run's id does not tell of it
};

// All of a config's but the seed, by ascending path.
using Settings = std::vector<std::shared_ptr<const RecordedSetting>>;

// Those of a config, none of them implied.
Settings settings_of_config(const nlohmann::json& config);

// The value at a path; null pointer when there is none.
const nlohmann::json* setting_at(const Settings& settings, std::string_view path);
std::string text_setting_at(const Settings& settings, std::string_view path, std::string_view otherwise = "");

// What of a record's environment tells machines and versions apart; "" and empty where it does not say.
struct RecordedEnvironment {
  std::string cpu, simd, normlab, onednn, compiler;
  std::optional<double> threads;

  auto operator<=>(const RecordedEnvironment&) const = default;
};

// What a run took, by quantity; empty where the record does not tell.
struct RunCosts {
  std::optional<double> epochs, steps, train_seconds, train_seconds_from_median_step;
};

// When a run reached its target, or how far it is known that it did not (train/target_watch.h).
struct RunEvent {
  bool reached = false;
  RunCosts after;  // the event is later; of a run that did not reach the target, where it is censored
  RunCosts at;     // of one that did: the first evaluation that belongs to the event
};

// The target with another threshold, to be held at another number of evaluations.
struct TargetVariation {
  double threshold = 0;
  Index hold = 1;
};

struct RunRecord {
  std::string file;        // that it was read from; "" when it was another text
  std::string id, status;  // one of status::all
  std::string cell;        // cell_of_config()
  std::string model, norm;
  Index batch_size = 0;
  std::uint64_t seed = 0;
  std::shared_ptr<const Settings> settings;
  std::shared_ptr<const RecordedEnvironment> environment;
  std::optional<double> parameters;                  // how many the model has
  std::string reason;                                // of an undefined or failed run: why
  std::optional<double> diverged_step;               // of a diverged one
  std::optional<RunEvent> event;                     // of a run that has a target and was evaluated
  std::vector<std::optional<RunEvent>> variations;   // the same of each target that was asked for beside it
  std::optional<RunCosts> to_end;                    // up to the last evaluation
  std::optional<double> best, last;                  // validation values of test_metric that are numbers
  std::optional<double> elapsed_seconds;             // up to the last evaluation, whatever was done in them
  std::string data_checksum;                         // DataSize::checksum; "" where it does not say
  std::vector<std::string> metrics;                  // its task's; none where it has no numbers of them
  std::string test_metric;                           // the last of these; "" without any
  Better better = Better::lower;                     // of that metric
  std::vector<std::pair<std::string, double>> test;  // the test's numbers by name
  std::vector<std::string> time_warnings;
  bool doubts_median_step = false;  // see time_doubts.h
};

struct EvaluationDigest;

// A target that has no meaning for a run's metrics.
struct TargetError : RequestError {
  using RequestError::RequestError;
};

// Reads one record after the other. Equal settings and environments of records that one reader read are the
// same objects.
class RunRecordReader {
 public:
  // Looks for `target` in each run's evaluations, if it is not "", in place of the target that the run had,
  // and for variations of it.
  explicit RunRecordReader(std::string target = "", std::vector<TargetVariation> variations = {})
      : target_(std::move(target)), variations_(std::move(variations)) {}

  // Throws RequestError naming `source` when `text` is not JSON that parse_json reads, TargetError when the
  // target that was asked for has no meaning for the run, and RecordDefect, of the words of record_defect(),
  // when it is no whole record.
  RunRecord read(std::string_view text, std::string_view source);

 private:
  // A setting in a record that is being read.
  struct SettingPlace {
    std::string_view path;
    const nlohmann::json* value;
    bool implied;
  };

  std::shared_ptr<const Settings> keep_settings(const nlohmann::json& record);
  std::shared_ptr<const RecordedSetting> keep_setting(const SettingPlace& place);
  std::shared_ptr<const RecordedEnvironment> keep_environment(const nlohmann::json& record);

  struct SettingOrder {
    using is_transparent = void;
    static SettingPlace place(const SettingPlace& place) { return place; }
    static SettingPlace place(const std::shared_ptr<const RecordedSetting>& setting) {
      return {setting->path, &setting->value, setting->implied};
    }
    static bool is_less(const SettingPlace& a, const SettingPlace& b);
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return is_less(place(a), place(b));
    }
  };
  struct PointeeOrder {
    template <class T>
    bool operator()(const std::shared_ptr<T>& a, const std::shared_ptr<T>& b) const {
      return *a < *b;
    }
  };

  void read_metrics(RunRecord& run, const nlohmann::json& record, const EvaluationDigest& evaluations) const;

  std::string target_;
  std::vector<TargetVariation> variations_;
  std::set<std::shared_ptr<const RecordedSetting>, SettingOrder> single_settings_;
  std::set<std::shared_ptr<const Settings>, PointeeOrder> settings_;
  std::set<std::shared_ptr<const RecordedEnvironment>, PointeeOrder> environments_;
};

}  // namespace normlab
