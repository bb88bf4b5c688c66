#include "normlab/experiment/run/evaluation_log.h"

#include <fstream>
#include <map>

#include "normlab/core/error.h"
#include "normlab/core/file.h"
#include "normlab/records/record_check.h"
#include "normlab/train/evaluation_json.h"

namespace normlab {

void append_evaluation(const std::filesystem::path& file, const Evaluation& evaluation,
                       const std::vector<Metric>& metrics) {
  // The line's end comes first: what a killed process left half-written spoils no other line.
  std::ofstream(file, std::ios::app) << "\n" + to_json(evaluation, metrics).dump();
}

Json read_evaluation_log(const std::filesystem::path& file, const std::vector<Metric>& metrics) {
  Json evaluations = Json::array();
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(file, ignored)) return evaluations;
  std::istringstream lines(read_text(file, "evaluations", longest_json));
  std::map<std::int64_t, Json> by_step;
  for (std::string line; std::getline(lines, line);) {
    try {
      Json evaluation = parse_json(line, "evaluations");
      if (!is_evaluation(evaluation, metrics)) continue;
      const auto step = evaluation["step"].get<std::int64_t>();
      by_step.insert_or_assign(step, std::move(evaluation));
    } catch (const RequestError&) {  // half-written
    }
  }
  for (auto& [step, evaluation] : by_step) evaluations.push_back(std::move(evaluation));
  return evaluations;
}

}  // namespace normlab
