#include "normlab/experiment/run/evaluation_log.h"

#include <doctest/doctest.h>

#include <fstream>

#include "data/idx_files.h"
#include "normlab/tasks/classification.h"

using namespace normlab;
using namespace normlab::testing;

namespace {

Evaluation evaluation_at(Index step, double loss) {
  Evaluation evaluation;
  evaluation.step = step;
  evaluation.train = evaluation.validation = {loss, 0.5};
  return evaluation;
}

}  // namespace

TEST_CASE(
    "evaluations under way are read back in order, the later of two of one step, without a half-written "
    "one") {
  TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "run.evaluations";
  CHECK(read_evaluation_log(file, classification().metrics) == Json::array());
  append_evaluation(file, evaluation_at(10, 3), classification().metrics);
  append_evaluation(file, evaluation_at(20, 2), classification().metrics);
  std::ofstream(file, std::ios::app) << "\n[]\n{\"step\": 7}\n{\"step\": 25, \"epo";  // killed while it wrote
  append_evaluation(file, evaluation_at(20, 1),
                    classification().metrics);  // again, from a checkpoint at step 10
  const Json evaluations = read_evaluation_log(file, classification().metrics);
  REQUIRE(evaluations.size() == 2);
  CHECK(evaluations[0]["step"] == 10);
  CHECK(evaluations[1]["validation"]["loss"] == 1.0);
}
