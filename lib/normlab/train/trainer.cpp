#include "normlab/train/trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "normlab/core/error.h"
#include "normlab/core/file.h"
#include "normlab/core/log.h"
#include "normlab/core/memory.h"
#include "normlab/core/parallel.h"
#include "normlab/core/process.h"
#include "normlab/core/text.h"
#include "normlab/nn/recurrent/recurrent.h"
#include "normlab/optim/schedule.h"
#include "normlab/train/checkpoint.h"
#include "normlab/train/data_source.h"
#include "normlab/train/layer_statistics.h"
#include "normlab/train/mode_comparison.h"
#include "normlab/train/next_evaluation.h"
#include "normlab/train/position.h"
#include "normlab/train/requirements.h"
#include "normlab/train/safetensors.h"
#include "normlab/train/training_step.h"

namespace normlab {
namespace {

// Of each process: they touch their memory for the first time and make oneDNN's primitives.
constexpr Index warm_up_length = 10;

class Training {
 public:
  Training(const RunConfig& config, RunData data, const RunOptions& options);
  RunResult run();

 private:
  void restore();
  void continue_from(Position position);
  Position position() const;
  void save_checkpoint();
  bool try_checkpoint();  // false, and a warning the first time: it cannot be written
  bool take_step();       // false: diverged
  bool evaluate();        // false: diverged
  bool out_of_time() const { return config_.budget.seconds > 0 && clock_.seconds >= config_.budget.seconds; }
  bool stop_requested() const { return options_.stop != nullptr && options_.stop->load(); }
  bool pause_due() const {
    return options_.pause_at > 0 && step_ >= options_.pause_at && !result_.evaluations.empty() &&
           result_.evaluations.back().step >= options_.pause_at;
  }
  void watch_target(const Evaluation& e);
  void keep_initial_layers();
  void tell_position() const;
  bool steps();  // false: interrupted
  bool loop();   // the same, and counts the processor time
  // The processor time of steps is read where the training clock pauses: at each step it would cost too much.
  void resume_cpu_clock() { cpu_resumed_ = thread_cpu_seconds(); }
  void pause_cpu_clock() { clock_.cpu_seconds += thread_cpu_seconds() - cpu_resumed_; }
  void finish(bool completed);
  void keep_result();
  void save_parameters();

  const RunConfig& config_;
  const RunOptions& options_;
  RunData data_;
  Network network_;
  std::optional<Optimizer<float>> optimizer_;
  std::optional<TrainingStep> train_;
  std::optional<InitialLayers> initial_layers_;  // until the first step
  std::optional<ModeComparison> modes_;
  Index steps_per_epoch_ = 0, samples_per_epoch_ = 0;
  Index last_step_ = 0;  // of the budget

  // What a checkpoint restores.
  Index step_ = 0;      // steps done
  MetricSums running_;  // over the training batches since the last evaluation
  StepTimes step_times_;
  TrainingClock clock_;
  double evaluate_seconds_ = 0, checkpoint_seconds_ = 0;
  double elapsed_before_ = 0, cpu_before_ = 0;  // of the processes before this one
  TargetWatch target_;                          // follows from the evaluations
  RunResult result_;

  Index steps_here_ = 0;  // of this process
  double cpu_resumed_ = 0;
  Index epoch_ = -1;  // whose order the training source has
  double started_ = monotonic_seconds(), cpu_started_ = process_cpu_seconds();
  double last_checkpoint_ = started_;
  bool warned_of_checkpoint_ = false;
};

Training::Training(const RunConfig& config, RunData data, const RunOptions& options)
    : config_(config),
      options_(options),
      data_(std::move(data)),
      network_(config, data_.shape),
      running_(network_.task().sums.size()),
      target_(config.target ? config.target->hold : 1) {
  steps_per_epoch_ = data_.train->batches();
  samples_per_epoch_ = data_.train->samples_per_epoch();
  last_step_ = last_step(
      config.budget,
      {.steps = steps_per_epoch_, .samples = samples_per_epoch_, .batch_samples = data_.train->samples(0)});
  network_.prepare(*data_.train, Mode::training);
  network_.prepare(*data_.validation, Mode::evaluation);
  Parameters<float>& parameters = network_.parameters();
  if (!config.initial_parameters.empty()) {
    load_parameters(Safetensors::read(config.initial_parameters, "initial_parameters"), "initial_parameters",
                    parameters);
  }
  optimizer_.emplace(config.optimizer, parameters);
  train_.emplace(network_, *optimizer_, config.clip_gradient_norm);
  if (data_.mode_validation) modes_.emplace(config, data_.shape, *data_.mode_validation);
  const ModelGraph<float>& graph = network_.graph(config.batch_size, Mode::training);
  result_.started = utc_time(seconds_since_process_start());
  result_.data_checksum = data_.checksum;
  result_.parameters = parameters.parameter_count();
  result_.multiply_adds_per_sample = graph.graph.multiply_adds() / data_.train->samples(0);
}

// A checkpoint that cannot be trusted costs time, never numbers: the run starts again.
void Training::restore() {
  std::error_code ignored;
  if (options_.checkpoint.empty()) return;
  if (!std::filesystem::exists(options_.checkpoint, ignored)) return;
  try {
    const Checkpoint checkpoint(options_.checkpoint, options_.identity);
    // First, since a position in other data need not make sense in these.
    require_same_data(checkpoint.position(), data_.checksum);
    Position position = position_from_json(checkpoint.position(), last_step_, network_.task());
    checkpoint.restore(network_.parameters(), *optimizer_);
    continue_from(std::move(position));
  } catch (const CheckpointError& error) {
    const std::filesystem::path aside = set_aside(follow_links(options_.checkpoint));
    log_warning(fmt::format("the checkpoint {} is set aside as {}, because {}; the run starts again",
                            options_.checkpoint.string(), aside.filename().string(), error.what()));
  }
}

void Training::continue_from(Position position) {
  step_ = position.step;
  optimizer_->set_steps(step_);
  running_ = position.running;
  step_times_ = std::move(position.step_times);
  clock_ = position.clock;
  result_.started = std::move(position.started);
  evaluate_seconds_ = position.evaluate_seconds;
  checkpoint_seconds_ = position.checkpoint_seconds;
  elapsed_before_ = position.elapsed_seconds;
  cpu_before_ = position.cpu_seconds;
  result_.resumed = position.resumed + 1;
  result_.initial_layers = std::move(position.initial_layers);
  result_.evaluations = std::move(position.evaluations);
  for (const Evaluation& evaluation : result_.evaluations) watch_target(evaluation);
}

Position Training::position() const {
  return {.step = step_,
          .running = running_,
          .step_times = step_times_,
          .started = result_.started,
          .clock = clock_,
          .evaluate_seconds = evaluate_seconds_,
          .checkpoint_seconds = checkpoint_seconds_,
          .elapsed_seconds = elapsed_before_ + monotonic_seconds() - started_,
          .cpu_seconds = cpu_before_ + process_cpu_seconds() - cpu_started_,
          .resumed = result_.resumed,
          .initial_layers = result_.initial_layers,
          .evaluations = result_.evaluations,
          .data_checksum = data_.checksum};
}

void Training::save_checkpoint() {
  const double begin = monotonic_seconds();
  write_checkpoint(options_.checkpoint, options_.identity, to_json(position(), network_.task()),
                   network_.parameters(), *optimizer_);
  last_checkpoint_ = monotonic_seconds();
  checkpoint_seconds_ += last_checkpoint_ - begin;
}

bool Training::try_checkpoint() {
  try {
    save_checkpoint();
    return true;
  } catch (const RunError& error) {
    last_checkpoint_ = monotonic_seconds();  // the next attempt waits its turn
    if (!std::exchange(warned_of_checkpoint_, true))
      log_warning(fmt::format("{}; the run goes on, and tries again", error.what()));
    return false;
  }
}

bool Training::take_step() {
  const double begin = monotonic_seconds();
  const Index epoch = step_ / steps_per_epoch_, batch = step_ % steps_per_epoch_;
  if (epoch != epoch_) {
    data_.train->set_epoch(epoch);
    epoch_ = epoch;
  }
  if (batch == 0) reset_carried_state(network_.parameters(), Mode::training);
  const ScheduleLength length{.total_steps = last_step_, .steps_per_epoch = steps_per_epoch_};
  const double factor = schedule_factor(config_.schedule, length, step_);
  if (!(*train_)(*data_.train, batch, config_.optimizer.learning_rate * factor)) return false;
  running_ += train_->sums();
  ++step_;
  const double seconds = monotonic_seconds() - begin;
  clock_.seconds += seconds;
  clock_.steps = step_;
  if (steps_here_++ < warm_up_length) {
    ++clock_.warm_up_steps;
    clock_.warm_up_seconds += seconds;
  }
  step_times_.add(seconds);
  return true;
}

bool Training::evaluate() {
  const double begin = monotonic_seconds();
  const ScheduleLength length{.total_steps = last_step_, .steps_per_epoch = steps_per_epoch_};
  Evaluation e;
  e.step = step_;
  e.epoch = static_cast<double>(step_) / static_cast<double>(steps_per_epoch_);
  const Index whole = step_ / steps_per_epoch_;
  e.samples = whole * samples_per_epoch_;
  for (Index batch = 0; batch < step_ % steps_per_epoch_; ++batch) e.samples += data_.train->samples(batch);
  e.learning_rate = config_.optimizer.learning_rate * schedule_factor(config_.schedule, length, step_ - 1);
  e.train = network_.task().values(running_);
  e.gradient_norm = gradient_norm(network_.parameters());
  if (config_.track == Tracking::layers) e.layers = layer_statistics(train_->graph()->graph);
  e.validation = network_.evaluate(*data_.validation);
  if (modes_) e.modes = modes_->measure(network_.parameters());
  running_.clear();
  evaluate_seconds_ += monotonic_seconds() - begin;
  e.train_seconds = clock_.seconds;
  e.evaluate_seconds = evaluate_seconds_;
  e.elapsed_seconds = elapsed_before_ + monotonic_seconds() - started_;
  e.cpu_seconds = cpu_before_ + process_cpu_seconds() - cpu_started_;
  if (!std::isfinite(e.gradient_norm) || !(e.validation.front() <= network_.task().exploded_loss))
    return false;
  watch_target(e);
  result_.evaluations.push_back(std::move(e));
  if (options_.on_evaluation) options_.on_evaluation(result_.evaluations.back());
  return true;
}

void Training::watch_target(const Evaluation& e) {
  if (!config_.target) return;
  const RunPoint here{.epochs = e.epoch, .steps = e.step, .train_seconds = e.train_seconds};
  target_.see(here, config_.target->holds(e.train, e.validation));
}

void Training::keep_initial_layers() {
  pause_cpu_clock();
  result_.initial_layers = initial_layers_->statistics(train_->graph()->graph);
  initial_layers_.reset();
  resume_cpu_clock();
}

void Training::tell_position() const {
  if (!options_.on_step) return;
  options_.on_step({.step = step_,
                    .last_step = last_step_,
                    .steps_per_epoch = steps_per_epoch_,
                    .train_seconds = clock_.seconds});
}

bool Training::loop() {
  resume_cpu_clock();
  tell_position();
  const bool completed = steps();
  pause_cpu_clock();
  return completed;
}

bool Training::steps() {
  const Index last = last_step_;
  Index evaluation = next_evaluation(config_.evaluate_every, steps_per_epoch_, step_);
  if (config_.track == Tracking::layers && step_ == 0)
    initial_layers_.emplace(network_.graph(config_.batch_size, Mode::training).graph);
  while (step_ < last && !out_of_time() && (!target_.reached() || config_.keep_training)) {
    if (stop_requested() || pause_due()) return false;
    if (!take_step()) {
      if (initial_layers_ && train_->has_gradients()) keep_initial_layers();
      result_.diverged_step = step_ + 1;
      return true;
    }
    if (initial_layers_) keep_initial_layers();
    tell_position();
    if (step_ == evaluation || step_ == last || out_of_time()) {
      pause_cpu_clock();
      const bool sound = evaluate();
      resume_cpu_clock();
      if (!sound) {
        result_.diverged_step = step_;
        return true;
      }
      evaluation = next_evaluation(config_.evaluate_every, steps_per_epoch_, step_);
    }
    const bool checkpoint_due = monotonic_seconds() - last_checkpoint_ >= options_.checkpoint_seconds;
    if (checkpoint_due && !options_.checkpoint.empty()) {
      pause_cpu_clock();
      try_checkpoint();
      resume_cpu_clock();
    }
  }
  return true;
}

void Training::finish(bool completed) {
  result_.step_seconds = step_times_.summary();
  result_.clock = clock_;
  result_.checkpoint_seconds = checkpoint_seconds_;
  if (config_.target)
    result_.target = {.reached = target_.reached(), .after = target_.after(), .at = target_.at()};
  if (!completed) {
    result_.status = RunStatus::interrupted;
  } else if (result_.diverged_step) {
    result_.status = RunStatus::diverged;
  } else {
    result_.test = network_.evaluate(*data_.load_test());
    result_.status = !config_.target     ? RunStatus::finished
                     : target_.reached() ? RunStatus::reached_target
                                         : RunStatus::missed_target;
  }
  result_.peak_resident_bytes = peak_resident_bytes();
}

void Training::keep_result() {
  if (!options_.keep_result) return;
  try {
    options_.keep_result(result_);
  } catch (const RunError&) {
    // An interrupted run has its checkpoint, and from behind a divergence no run can go on.
    const bool can_continue = result_.status != RunStatus::interrupted && !result_.diverged_step;
    if (can_continue && !options_.checkpoint.empty() && try_checkpoint()) {
      log_warning(fmt::format("the checkpoint {} is of the run's end, and the same command goes on from it",
                              shortened(options_.checkpoint.string())));
    }
    throw;
  }
}

// The result is safe by now, and a full disk takes nothing from it.
void Training::save_parameters() {
  try {
    write_whole(options_.save_parameters,
                encode_safetensors(parameter_views(network_.parameters()), options_.metadata));
  } catch (const RunError& error) {
    result_.parameters_problem = error.what();
  }
}

RunResult Training::run() {
  restore();
  if (options_.on_ready) options_.on_ready(step_);
  if (!options_.save_initial_parameters.empty() && step_ == 0) {
    write_whole(options_.save_initial_parameters,
                encode_safetensors(parameter_views(network_.parameters()), options_.metadata));
  }
  result_.startup_seconds = seconds_since_process_start();
  const bool completed = loop();
  if (!completed && !options_.checkpoint.empty()) save_checkpoint();
  finish(completed);
  keep_result();
  if (completed && !options_.save_parameters.empty()) save_parameters();
  return std::move(result_);
}

}  // namespace

void check_against_data(const RunConfig& config) {
  const RunData data = load_checked_data(config);
  if (config.initial_parameters.empty()) return;
  Network network(config, data.shape);
  network.graph(1, Mode::evaluation);
  load_parameters(Safetensors::read(config.initial_parameters, "initial_parameters"), "initial_parameters",
                  network.parameters());
}

RunResult train(const RunConfig& config, const RunOptions& options) {
  if (const auto reason = undefined_reason(config)) throw RequestError(*reason + ".");
  return train(config, load_checked_data(config), options);
}

RunResult train(const RunConfig& config, RunData data, const RunOptions& options) {
  set_thread_count(config.threads);
  flush_subnormals();
  return Training(config, std::move(data), options).run();
}

}  // namespace normlab
