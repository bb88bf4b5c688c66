// What a run asks of its data and of the machine, known before anything is built.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "normlab/train/run_data.h"

namespace normlab {

// Why the combination of model and norm and batch size has no meaning (one sentence that names it), or
// nothing. Does not touch data. A sweep records such a run as `undefined`; run() refuses it.
std::optional<std::string> undefined_reason(const RunConfig& config);

// Steps of one epoch, and the samples (characters) that they train on.
Index steps_per_epoch(const RunConfig& config, const DataSize& size);
Index samples_per_epoch(const RunConfig& config, const DataSize& size);

// The step at which the run's budget is used up (see run_config.h).
Index last_step(const RunConfig& config, const DataSize& size);

// An estimate of the bytes that the network takes while it trains: parameters, gradients, moments and what
// the training and evaluation graphs keep. Without the data, the program, and the copy of parameters and
// moments that is made while a checkpoint is written.
double memory_needed(const RunConfig& config, const DataSize& size);

// Throws what load_data_size() throws for batches that do not fit into data of this size.
void require_batches(const RunConfig& config, const DataSize& size);

// Throws RequestError naming budget.epochs when it ends before the first step.
void require_first_step(const RunConfig& config, const DataSize& size);

// Throws RequestError with both figures when the networks of `jobs` runs side by side, which need so many
// bytes together, and the libraries do not fit into what is `available`; nothing is known of the machine
// without it.
void require_memory(double needed, int jobs, std::optional<std::uint64_t> available);

// Loads the data of `config`, which then meet all of that for one run.
RunData load_checked_data(const RunConfig& config);

// "1.5 GB"
std::string bytes_text(double bytes);

// What evaluating costs, as a share of the training between two evaluations. A sample that is evaluated
// counts as a third of one that is trained on, whose backward pass costs about twice its forward pass.
double evaluation_share(const RunConfig& config, const DataSize& size);

// One sentence, where evaluating costs more than training, or nothing.
std::optional<std::string> evaluation_warning(const RunConfig& config, const DataSize& size);

}  // namespace normlab
