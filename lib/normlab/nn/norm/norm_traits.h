// What each normalization is, as data: one row of a table says it, and everything else asks the table.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "normlab/nn/norm/norm_spec.h"

namespace normlab {

// Whose values share a mean and a deviation, in a matrix (samples, positions, channels).
enum class Statistics {
  none,     // nobody's: there is no normalization of the summed inputs
  channel,  // those of a channel, in the whole batch
  group,    // those of a group of channels, in one sample
  learned,  // nobody's: in their place stands a number that the layer learns, dynamic tanh's alpha
};

// Into how many groups a sample's channels are divided.
enum class Groups { one, as_set, one_a_channel };

// The PyTorch modules that have the norm's tensors and compute its values, of `out` outputs; null: none.
// RmsNorm and DynamicTanh are those of scripts/torch_models.py.
struct TorchModules {
  const char* vectors = nullptr;  // after a fully connected layer
  const char* images = nullptr;   // after a convolution
};

struct NormTraits {
  const char* name = nullptr;   // in configs and records
  const char* title = nullptr;  // in sentences; null: "NAME norm"
  Statistics statistics = Statistics::none;
  Groups groups = Groups::one;      // of Statistics::group
  bool centred = true;              // takes the mean away
  bool has_bias = true;             // learns a bias, beside the gain if it normalizes
  bool on_weights = false;          // acts on a layer's weights; its summed inputs have a bias alone
  bool recurrent = true;            // is defined in recurrent layers
  const char* one_value = nullptr;  // "is not defined …" where one value makes its statistics; null: it is
  TorchModules torch = {};          // docs/parameters.md is held to it

  std::string full_name() const { return title != nullptr ? title : std::string(name) + " norm"; }
  bool normalizes() const { return statistics != Statistics::none; }
  bool takes_statistics() const { return normalizes() && statistics != Statistics::learned; }
};

const NormTraits& traits(Norm norm);

// All norms and their names, in the order of the enumeration.
const std::vector<Norm>& all_norms();
const std::vector<std::string>& norm_names();
// Of Affine and NormPosition, likewise.
const std::vector<std::string>& affine_names();
const std::vector<std::string>& norm_position_names();

// x (batch, positions, channels): a fully connected layer has one position, a convolution's output is stored
// channels last and has height * width.
struct NormGeometry {
  Index batch = 0, positions = 1, channels = 0;
};

// Whether a layer learns a gain and a bias for each channel, beside its weights.
bool learns_gain(const NormSpec& norm);
bool learns_bias(const NormSpec& norm);
// Whether a normalized recurrent cell learns biases of its summed inputs. It does under a norm without a
// bias too, unless that learns nothing.
bool learns_cell_bias(const NormSpec& norm);

// Whether the norm follows the activation, and the layer has a bias of its own before that; the same norm
// where it acts on its input.
bool follows_activation(const NormSpec& norm);
NormSpec on_its_input(NormSpec norm);

// The groups of channels that share their statistics in one sample.
Index group_count(const NormSpec& norm, Index channels);

// Why the norm has no meaning in a training graph there, or nothing: statistics of a batch need several
// samples, statistics of a sample several values, and groups have to be equal.
std::optional<std::string> undefined_reason(const NormSpec& norm, const NormGeometry& geometry);

// The same of a recurrent layer, whose hidden units the groups divide.
std::optional<std::string> recurrent_undefined_reason(const NormSpec& norm, Index batch, Index hidden);

}  // namespace normlab
