// What one training run measured; the experiment layer turns it into a record (docs/results-format.md).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "normlab/core/tensor.h"
#include "normlab/tasks/metric.h"
#include "normlab/train/target_watch.h"

namespace normlab {

enum class RunStatus { reached_target, missed_target, finished, diverged, interrupted };
// reached_target: the target held at some evaluation; missed_target: a target was set and the budget ran out
// first; finished: no target was set and the budget ran out; diverged: non-finite or exploding loss;
// interrupted: a signal asked to stop, a checkpoint was written and the same command continues.

// Statistics over one tracked layer's outputs (after the activation) and their gradients, over the last
// training batch before the evaluation.
struct LayerStatistics {
  std::string name;
  double activation_mean = 0, activation_deviation = 0, activation_zero_fraction = 0;
  double gradient_norm = 0;  // Euclidean norm of the loss gradient at the layer's output
  double parameter_gradient_norm = 0;
  double weight_norm = 0;  // of the layer's weights, without gains and biases, at the evaluation
  // Of a recurrent layer: of dL/dh_t over the batch, the total derivative, at these time steps from 0.
  std::vector<Index> time_steps;
  std::vector<double> time_gradient_norms;
};

// Metrics over the same batches of the training's size, computed in either mode.
struct ModeMetrics {
  MetricValues training, evaluation;
};

struct Evaluation {
  double epoch = 0;
  Index step = 0, samples = 0;
  double learning_rate = 0;
  MetricValues train;  // running means over the training batches since the evaluation before
  MetricValues validation;
  double gradient_norm = 0;  // global, of the last training batch, before clipping
  double train_seconds = 0, evaluate_seconds = 0, elapsed_seconds = 0,
         cpu_seconds = 0;  // since the start of the run
  std::vector<LayerStatistics> layers;
  std::optional<ModeMetrics> modes;
};

// When the target was reached, or up to where it is known that it was not.
struct TargetOutcome {
  bool reached = false;
  RunPoint
      after;    // the event is later than that; of a run that did not reach the target, where it is censored
  RunPoint at;  // of one that did: the event, or earlier
};

struct StepSeconds {
  Index count = 0;
  double p10 = 0, median = 0, p90 = 0;
};

// The training clock (batches, forward, backward and update; it pauses for everything else) beside what tells
// whether it can be believed.
struct TrainingClock {
  Index steps = 0;
  double seconds = 0;      // of all steps, as measured
  double cpu_seconds = 0;  // processor time meanwhile of the thread that trains, which takes part in all work
  Index warm_up_steps = 0;
  double warm_up_seconds = 0;  // of the first steps of each process, which touch their memory first
};

struct RunResult {
  RunStatus status = RunStatus::finished;
  std::string started;        // UTC, ISO 8601: when the first process of the run started
  std::string data_checksum;  // DataSize::checksum
  std::optional<Index> diverged_step;
  Index parameters = 0;
  Index multiply_adds_per_sample = 0;           // of one forward pass; per character for text
  std::vector<LayerStatistics> initial_layers;  // where layers are tracked: of the first batch, before a step
  std::vector<Evaluation> evaluations;
  std::optional<TargetOutcome> target;  // of a run that has one
  StepSeconds step_seconds;
  TrainingClock clock;
  std::optional<MetricValues> test;  // read once at the end; absent when interrupted or diverged
  double startup_seconds = 0;        // from the start of the process to the start of the first step
  double checkpoint_seconds = 0;
  Index resumed = 0;  // how many times the run was continued from a checkpoint
  std::size_t peak_resident_bytes = 0;
  std::string parameters_problem;  // why the trained parameters could not be saved, or ""; not in records
};

}  // namespace normlab
