#include "normlab/nn/norm/norm_settings.h"

#include "normlab/nn/norm/norm_traits.h"

namespace normlab {

void visit_settings(SettingVisitor& visitor, NormSpec& norm) {
  const NormTraits& t = traits(norm.kind);
  if (t.takes_statistics()) {
    visitor.number({.key = "epsilon", .meaning = "added to the variance (or mean square) inside the root"},
                   norm.epsilon, range::positive_single);
  }
  if (t.statistics == Statistics::channel) {
    visitor.number({.key = "momentum",
                    .meaning = "weight of the newest batch in the running averages that evaluation uses"},
                   norm.momentum, range::above_zero_to_one_single);
  }
  if (t.groups == Groups::as_set) {
    visitor.integer({.key = "groups",
                     .meaning = "how many groups the features, channels or hidden units are divided into"},
                    norm.groups, 1);
  }
  if (t.statistics == Statistics::learned) {
    visitor.number({.key = "alpha", .meaning = "where every α of tanh(α x) starts"}, norm.alpha,
                   range::positive_single);
  }
  if (t.normalizes()) {
    visitor.name(
        {.key = "affine",
         .meaning = "what a layer learns beside its weights: gain and bias, the gain alone, or neither; "
                    "rms has no bias, so that gain is its true",
         .young = true},
        norm.affine, affine_names());
    visitor.name(
        {.key = "position",
         .meaning = "whether the norm acts on a layer's summed inputs or on what the activation gives; the "
                    "layer then has a bias before the activation",
         .young = true},
        norm.position, norm_position_names());
  }
  if (!t.has_bias && norm.affine == Affine::gain) norm.affine = Affine::all;  // one meaning, one id
}

}  // namespace normlab
