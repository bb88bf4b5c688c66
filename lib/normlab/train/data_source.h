// How data of one kind become batches: what differs between images and texts, and nothing else asks which of
// them a run has.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "normlab/train/run_data.h"

namespace normlab {

class DataSource {
 public:
  virtual ~DataSource() = default;
  virtual bool reads(const DatasetSpec& dataset) const = 0;

  // See load_data_size() and load_run_data() below.
  virtual DataSize load_size(const RunConfig& config) const = 0;
  virtual RunData load(const RunConfig& config) const = 0;

  // Throws what load_size() throws for batches that do not fit into data of this size.
  virtual void require_batches(const RunConfig& config, const DataSize& size) const = 0;
  // Of training, in an epoch.
  virtual Index steps(const RunConfig& config, const DataSize& size) const = 0;
  virtual Index samples(const RunConfig& config, const DataSize& size) const = 0;
  // Of every training batch but an epoch's last one, which may have fewer.
  virtual Index batch_samples(const RunConfig& config) const = 0;
  // The size of the batches in which so many samples are evaluated: it does not depend on the training's, so
  // that metrics of different batch sizes compare.
  virtual Index evaluation_batch_size(const RunConfig& config, Index samples) const = 0;
  // All sizes of batches that so many samples make, when `batch` is that of a whole one.
  virtual std::vector<Index> batch_sizes(Index samples, Index batch) const = 0;
  // "samples", "characters": what load_size() counts.
  virtual std::string_view sample_name(const DatasetSpec& dataset) const = 0;
};

// Of each kind there is one.
const DataSource& image_source();
const DataSource& text_source();

const DataSource& data_source(const DatasetSpec& dataset);

// Loads the data of `config`, which load_run_data() then finds loaded, and checks the batch size against
// them. Throws what load_run_data() throws.
DataSize load_data_size(const RunConfig& config);

// Loads the data of `config`. Throws RequestError for data that are missing, malformed or too small for the
// batch size.
RunData load_run_data(const RunConfig& config);

// The data that were loaded last, so that checking a config and running it, or checking the runs of a sweep,
// loads them once.
template <class Data>
std::shared_ptr<Data> load_once(const DatasetSpec& spec, std::uint64_t seed,
                                Data (*load)(const DatasetSpec&, std::uint64_t)) {
  static std::shared_ptr<Data> data;
  static DatasetSpec loaded_spec;
  static std::uint64_t loaded_seed = 0;
  if (data == nullptr || loaded_spec != spec || loaded_seed != seed) {
    data = nullptr;  // frees the memory first
    data = std::make_shared<Data>(load(spec, seed));
    loaded_spec = spec;
    loaded_seed = seed;
  }
  return data;
}

}  // namespace normlab
