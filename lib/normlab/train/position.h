// How far a run is, beside the tensors: what a checkpoint keeps as JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "normlab/tasks/task.h"
#include "normlab/train/run_result.h"
#include "normlab/train/step_times.h"

namespace normlab {

struct Position {
  Index step = 0;      // steps done, each one of the optimizer's
  MetricSums running;  // over the training batches since the last evaluation
  StepTimes step_times;
  std::string started;  // UTC, ISO 8601
  TrainingClock clock;
  double evaluate_seconds = 0, checkpoint_seconds = 0, elapsed_seconds = 0,
         cpu_seconds = 0;                       // since the start of the run
  Index resumed = 0;                            // continuations before this one
  std::vector<LayerStatistics> initial_layers;  // RunResult::initial_layers
  std::vector<Evaluation> evaluations;
  std::string data_checksum;  // of the data trained on; "" when unknown, or without files
};

nlohmann::json to_json(const Position& position, const Task& task);

// Throws CheckpointError when the position is of a run on other data than those with this checksum. One that
// names no data, as older versions wrote, is taken to be of these.
void require_same_data(const nlohmann::json& position, const std::string& data_checksum);

// Throws CheckpointError, naming the field, for anything that a run of at most `last_step` steps of the task
// cannot have:
// wrong types, counts and clocks below zero, numbers that are not finite, counts that contradict each other.
Position position_from_json(const nlohmann::json& json, Index last_step, const Task& task);

}  // namespace normlab
