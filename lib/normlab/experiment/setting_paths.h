// Every setting there is, for whatever lists them: completion scripts, the man page.
#pragma once

#include <vector>

#include "normlab/experiment/config_json.h"

namespace normlab {

// Each setting by its dotted path, with all names that it chooses from for some data set, model, norm,
// optimizer or schedule: "norm" (as the name it stands for), "norm.name", "norm.epsilon", …. In the order of
// the format, each once. Comes from what resolve() looks for, so it is complete by construction.
std::vector<SettingDescription> list_settings();

}  // namespace normlab
