// Plausible run records, made up: the shape of what training writes, without training.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace normlab {

struct SyntheticRun {
  std::string model = "mlp", norm = "none";
  int batch_size = 32;
  unsigned seed = 1;
  std::string status = "reached_target";
  double epochs_to_target = 3;  // only of reached_target
  double step_seconds = 0.001;  // every step takes this long
  std::optional<std::string> target = "validation.error<=0.12";
  double test_error = 0.125;
  bool text_task = false;
  std::string bits = "bits_per_character";  // the metric of a text
  std::vector<std::string> time_warnings = {};
};

// A record as docs/results-format.md describes it; 10 epochs of 55000 samples, evaluated once an epoch.
nlohmann::json synthetic_record(const SyntheticRun& run);

// The record with the id that its config has.
nlohmann::json with_own_id(nlohmann::json record);

// A sweep directory of its own that goes away with the object.
class SyntheticSweep {
 public:
  explicit SyntheticSweep(const nlohmann::json& spec = {{"schema", "normlab.sweep/1"}, {"name", "quick"}});
  ~SyntheticSweep();
  SyntheticSweep(const SyntheticSweep&) = delete;
  SyntheticSweep& operator=(const SyntheticSweep&) = delete;

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path add(const nlohmann::json& record);  // runs/ID.json, with the id of its config
  std::filesystem::path write(const std::string& name, const std::string& text);  // relative to the folder

 private:
  std::filesystem::path folder_;
};

}  // namespace normlab
