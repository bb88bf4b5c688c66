#include "normlab/train/requirements.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "normlab/core/error.h"
#include "normlab/core/memory.h"
#include "normlab/models/memory.h"
#include "normlab/tasks/registry.h"
#include "normlab/train/data_source.h"

namespace normlab {
namespace {

void add_once(std::vector<Index>& sizes, const std::vector<Index>& more) {
  for (const Index size : more) {
    if (size > 0 && std::find(sizes.begin(), sizes.end(), size) == sizes.end()) sizes.push_back(size);
  }
}

GraphBatches graph_batches(const RunConfig& config, const DataSize& size) {
  const DataSource& source = data_source(config.dataset);
  GraphBatches batches;
  add_once(batches.training, source.batch_sizes(source.samples(config, size), config.batch_size));
  for (const Index part : {size.validation, size.test})
    add_once(batches.evaluation, source.batch_sizes(part, source.evaluation_batch_size(config, part)));
  return batches;
}

// Samples that are trained on from one evaluation to the next.
double samples_between_evaluations(const RunConfig& config, const DataSize& size) {
  const auto steps_an_epoch = static_cast<double>(steps_per_epoch(config, size));
  const EvaluationInterval& every = config.evaluate_every;
  const double steps =
      std::max(1.0, every.steps > 0 ? static_cast<double>(every.steps) : every.epochs * steps_an_epoch);
  return steps * static_cast<double>(samples_per_epoch(config, size)) / steps_an_epoch;
}

// Modes are compared in whole batches.
void require_mode_batches(const RunConfig& config, const DataSize& size) {
  const DataSource& source = data_source(config.dataset);
  const Index next = size.shape.task->samples == Samples::streams ? 1 : 0;  // the last one's is a label only
  if (config.track != Tracking::modes || size.validation >= source.batch_samples(config) + next) return;
  refuse("track", "\"modes\"",
         fmt::format("it computes whole training batches of the {} {} of the validation set, of which there "
                     "is none at batch_size {}",
                     size.validation, source.sample_name(config.dataset), config.batch_size));
}

std::string unread_reason(const std::string& model, const Task& task) {
  Names readers;
  for (const ModelSpec& other : registered_models()) {
    if (other->reads(task)) readers.push_back(other->name());
  }
  return fmt::format("model {} does not read the {} of {}; it needs one of the models {}", model,
                     fmt::join(task.inputs, " and "), task.name, fmt::join(readers, ", "));
}

}  // namespace

std::optional<std::string> undefined_reason(const RunConfig& config) {
  const Task& task = task_of(config.dataset);
  if (!config.model->reads(task)) return unread_reason(config.model->name(), task);
  if (auto reason = config.model->undefined_reason(task)) return reason;
  return config.model->undefined_reason(config.norm, config.batch_size);
}

std::string bytes_text(double bytes) {
  if (bytes >= 1e12) return fmt::format("{:.3g} TB", bytes / 1e12);
  if (bytes >= 1e9) return fmt::format("{:.1f} GB", bytes / 1e9);
  return fmt::format("{:.0f} MB", bytes / 1e6);
}

Index steps_per_epoch(const RunConfig& config, const DataSize& size) {
  return data_source(config.dataset).steps(config, size);
}

Index samples_per_epoch(const RunConfig& config, const DataSize& size) {
  return data_source(config.dataset).samples(config, size);
}

Index last_step(const RunConfig& config, const DataSize& size) {
  return last_step(config.budget, {.steps = steps_per_epoch(config, size),
                                   .samples = samples_per_epoch(config, size),
                                   .batch_samples = data_source(config.dataset).batch_samples(config)});
}

double memory_needed(const RunConfig& config, const DataSize& size) {
  // Where modes are tracked there is a second network.
  const double networks = config.track == Tracking::modes ? 2 : 1;
  return networks *
         model_memory(config.model, config.norm, config.optimizer, size.shape, graph_batches(config, size));
}

void require_batches(const RunConfig& config, const DataSize& size) {
  data_source(config.dataset).require_batches(config, size);
  require_mode_batches(config, size);
}

void require_first_step(const RunConfig& config, const DataSize& size) {
  const double epochs = config.budget.epochs;
  const auto steps = static_cast<double>(steps_per_epoch(config, size));
  if (epochs == 0 || epochs * steps >= 1 - 1e-9) return;
  refuse("budget.epochs", fmt::format("{}", epochs),
         fmt::format("with batch_size {} one step is {:.4g} epochs, and at least one step is",
                     config.batch_size, 1 / steps));
}

void require_memory(double needed, int jobs, std::optional<std::uint64_t> available) {
  // A run's own: oneDNN 2.6 ends the process where it finds no room for its code. `ulimit -v` that left a
  // small mlp 30 MB did so.
  constexpr double libraries = 48e6;
  needed += jobs * libraries;
  if (!available || needed <= static_cast<double>(*available)) return;
  const std::string there = bytes_text(static_cast<double>(*available));
  if (jobs == 1) {
    refuse("model", fmt::format("a network that needs about {} of memory to train", bytes_text(needed)),
           fmt::format("{} are available", there));
  }
  refuse("jobs", fmt::format("{} runs side by side that need about {} of memory", jobs, bytes_text(needed)),
         fmt::format("{} are available, and fewer --jobs need less", there));
}

RunData load_checked_data(const RunConfig& config) {
  const DataSize size = load_data_size(config);
  require_first_step(config, size);
  require_mode_batches(config, size);
  require_memory(memory_needed(config, size), 1, available_memory());
  return load_run_data(config);
}

double evaluation_share(const RunConfig& config, const DataSize& size) {
  constexpr double work_of_training = 3;  // of a sample, against its evaluation
  return static_cast<double>(size.validation) /
         (work_of_training * samples_between_evaluations(config, size));
}

std::optional<std::string> evaluation_warning(const RunConfig& config, const DataSize& size) {
  if (evaluation_share(config, size) <= 1) return std::nullopt;
  return fmt::format(
      "evaluation costs more than training: {} {} are evaluated after every {:.0f} that are trained on; "
      "dataset.validation_limit makes evaluations cheaper, and evaluate_every rarer",
      size.validation, data_source(config.dataset).sample_name(config.dataset),
      samples_between_evaluations(config, size));
}

}  // namespace normlab
