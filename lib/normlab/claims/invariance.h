// Which changes of its weights or of its data leave the output of a normalized layer as it is: Ba, Kiros,
// Hinton 2016, section 5.1, table 1. Looked at numerically; nothing is trained.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace normlab {

struct Invariance {
  std::string norm;       // one of norm_names(), and defined on a fully connected layer
  std::string change;     // one of invariance_changes()
  bool invariant = true;  // what is claimed
};

// "weight_matrix_scale", "weight_matrix_shift" (the same vector added to all rows), "weight_vector_scale" (of
// one unit), "data_scale", "data_shift" (the same vector added to all samples), "sample_scale" (of one);
// "other_samples" (others take their place beside one, whose output is looked at); "test_mode" (computed as
// in a test, with running statistics of 200 batches of the same distribution).
const std::vector<std::string>& invariance_changes();

// Why the norm is not defined on the layer that is looked at, as norm_traits.h says it; nothing where it is.
std::optional<std::string> invariance_undefined_reason(const Invariance& invariance);

// The largest change of an output over the outputs' standard deviation, over random layers: of each seed's,
// the smallest and the largest.
struct OutputChange {
  double smallest = 0, largest = 0;
  // "supported" or "contradicted" where the outputs of all layers stay (up to 1e-3, what rounding does), or
  // all change (by 1e-2 or more); otherwise "undecided".
  std::string verdict(bool invariant) const;
};

// A layer of 7 units on 6 samples of 9 features, in training before the change, without an activation, its
// epsilon next to nothing; weights, gain, bias and data are normal numbers. `seeds` has at least one.
OutputChange output_change(const Invariance& invariance, std::span<const std::uint64_t> seeds);

}  // namespace normlab
