// From the settings of a run as JSON to a RunConfig.
#pragma once

#include <string>

#include "normlab/experiment/config/settings_reader.h"
#include "normlab/train/run_config.h"

namespace normlab {

// See resolve() in config_json.h. `notes`, when given, receives what was looked for, and takes what is
// unknown without an error; `suggest` is for what no setting of the config itself is called.
RunConfig read_config(const Json& settings, SettingNotes* notes, SettingsReader::Suggest suggest);

// The name of a data set without its path: "text".
std::string bare_dataset_name(const DatasetSpec& dataset);

}  // namespace normlab
