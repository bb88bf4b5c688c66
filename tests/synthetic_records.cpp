#include "synthetic_records.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <cmath>
#include <fstream>

#include "normlab/records/run_id.h"

namespace normlab {
namespace {

using json = nlohmann::json;

constexpr int samples_per_epoch = 55000;
constexpr int budget_epochs = 10;

json metrics(const SyntheticRun& run, double error, double loss) {
  json result = {{"loss", loss}, {"error", error}};
  if (run.text_task) result[run.bits] = loss / std::log(2.0);
  return result;
}

json config_of(const SyntheticRun& run) {
  json model = {{"name", run.model}};
  if (run.model == "mlp") model.update({{"hidden", {256, 256}}, {"activation", "relu"}});
  if (run.model == "lstm")
    model.update({{"layers", 1}, {"hidden_size", 128}, {"bidirectional", false}, {"input", "rows"}});
  if (run.model == "cnn") model.update({{"blocks", {{32}, {64}}}, {"dense", {128}}, {"activation", "relu"}});
  json norm = {{"name", run.norm}};
  if (run.norm != "none") norm["epsilon"] = 1e-5;
  if (run.norm == "batch") norm["momentum"] = 0.1;
  json dataset = {{"name", run.text_task ? "text" : "fashion-mnist"},
                  {"train_limit", 0},
                  {"validation_fraction", 0.0833},
                  {"shuffle", true}};
  if (run.text_task) dataset["path"] = "kjv.txt";
  return {{"dataset", dataset},
          {"model", model},
          {"norm", norm},
          {"init", {{"name", "standard"}, {"scale", 1.0}}},
          {"optimizer",
           {{"name", "adam"},
            {"learning_rate", 1e-3},
            {"beta1", 0.9},
            {"beta2", 0.999},
            {"epsilon", 1e-8},
            {"weight_decay", 0.0}}},
          {"schedule", {{"name", "constant"}, {"warmup_steps", 0}}},
          {"clip_gradient_norm", 0.0},
          {"batch_size", run.batch_size},
          {"seed", run.seed},
          {"target", run.target ? json(*run.target) : json()},
          {"keep_training", false},
          {"evaluate_every", {{"epochs", 1}}},
          {"budget", {{"epochs", budget_epochs}, {"steps", 0}, {"seconds", 0.0}}},
          {"track", "none"},
          {"threads", 1}};
}

int steps_of(const SyntheticRun& run, double epochs) {
  return static_cast<int>(std::ceil(epochs * samples_per_epoch / run.batch_size));
}

// Above 0.12 until a run reaches its target.
json evaluation_at(const SyntheticRun& run, double epoch) {
  const bool reaches = run.status == "reached_target" && epoch == run.epochs_to_target;
  const double error = reaches ? 0.12 : 0.121 + 0.2 / epoch, loss = 3 * error;
  const int step = steps_of(run, epoch);
  const double seconds = 1.05 * step * run.step_seconds;
  return {
      {"epoch", epoch},
      {"step", step},
      {"samples", static_cast<int>(epoch * samples_per_epoch)},
      {"learning_rate", 1e-3},
      {"train", metrics(run, 0.9 * error, 0.9 * loss)},
      {"validation", metrics(run, error, loss)},
      {"gradient_norm", 1.0 / epoch},
      {"seconds", {{"train", seconds}, {"evaluate", 0.1 * epoch}, {"elapsed", seconds + 0.1 * epoch + 0.2}}},
      {"cpu_seconds", seconds}};
}

bool trained(const SyntheticRun& run) {
  return run.status != "undefined" && run.status != "failed";
}

void add_results(json& record, const SyntheticRun& run) {
  const bool reached = run.status == "reached_target";
  const double last = reached ? run.epochs_to_target : run.status == "diverged" ? 1 : budget_epochs;
  for (int epoch = 1; epoch < last; ++epoch) record["evaluations"].push_back(evaluation_at(run, epoch));
  record["evaluations"].push_back(evaluation_at(run, last));
  record["step_seconds"] = {{"count", steps_of(run, last)},
                            {"p10", 0.9 * run.step_seconds},
                            {"median", run.step_seconds},
                            {"p90", 1.2 * run.step_seconds}};
  if (reached) {
    const int steps = steps_of(run, run.epochs_to_target);
    record["convergence"] = {{"target", *run.target},
                             {"epochs", run.epochs_to_target},
                             {"steps", steps},
                             {"train_seconds", 1.05 * steps * run.step_seconds},
                             {"train_seconds_from_median_step", steps * run.step_seconds}};
  }
  if (run.status == "diverged") {
    record["diverged_step"] = 812;
  } else if (run.status != "interrupted") {
    record["test"] = metrics(run, run.test_error, 3 * run.test_error);
  }
  record.update({{"startup_seconds", 0.2},
                 {"checkpoint_seconds", 0.0},
                 {"resumed", 0},
                 {"peak_resident_bytes", 200000000}});
}

}  // namespace

json synthetic_record(const SyntheticRun& run) {
  json record = {{"schema", "normlab.run/2"}, {"status", run.status}, {"config", config_of(run)}};
  record["id"] = id_of_config(record["config"]);
  record["environment"] = {{"normlab", "0.1.0"},     {"onednn", "2.6.3"}, {"compiler", "GNU 12.2.0"},
                           {"cpu", "Imaginary CPU"}, {"simd", "AVX2"},    {"threads", 1}};
  record["model"] = {{"parameters", 269322}, {"multiply_adds_per_sample", 268800}};
  if (trained(run)) record["evaluations"] = json::array();
  if (run.status == "undefined") record["reason"] = "batch norm needs at least 2 samples a batch";
  if (run.status == "failed") record["cause"] = "killed by signal 9";
  if (trained(run)) add_results(record, run);
  if (trained(run)) record["time_warnings"] = run.time_warnings;
  return record;
}

json with_own_id(json record) {
  record["id"] = id_of_config(record["config"]);
  return record;
}

SyntheticSweep::SyntheticSweep(const json& spec) {
  std::string pattern = (std::filesystem::temp_directory_path() / "normlab-sweep-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = pattern;
  std::filesystem::create_directory(folder_ / "runs");
  if (!spec.is_null()) write("sweep.json", spec.dump());
}

SyntheticSweep::~SyntheticSweep() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::filesystem::path SyntheticSweep::add(const json& record) {
  const json written = with_own_id(record);
  return write("runs/" + written["id"].get<std::string>() + ".json", written.dump());
}

std::filesystem::path SyntheticSweep::write(const std::string& name, const std::string& text) {
  const std::filesystem::path file = folder_ / name;
  std::ofstream(file, std::ios::binary) << text;
  return file;
}

}  // namespace normlab
