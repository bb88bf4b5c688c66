// A sweep's folder that grows: by seeds, or by values along any other axis.
#pragma once

#include <cstdint>
#include <filesystem>

#include "normlab/experiment/spec/sweep_spec.h"

namespace normlab {

// The spec of all that `asked` and the sweep.json in `folder` have along each axis. A setting that is an axis
// in one of them alone takes the other's single value along. RequestError when there is no sweep.json, when
// a run that it lists is none of the result's, so that more than axes differs, or one that `asked` has; and
// what expand() refuses.
SweepSpec extended_spec(const std::filesystem::path& folder, const SweepSpec& asked, std::uint64_t max_runs);

// The same before the search of `asked`, which has `tune`: RequestError when extended_spec() would refuse
// what comes of it for another reason than what is chosen, or the folder's runs were not tuned in these
// settings.
void require_extensible(const std::filesystem::path& folder, const SweepSpec& asked, std::uint64_t max_runs);

}  // namespace normlab
