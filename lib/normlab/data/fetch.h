// Getting data sets that the system's packages do not have.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace normlab {

// The names fetch_dataset() knows: mnist, brown, bible.
const std::vector<std::string>& fetchable_datasets();

// fetch_data.sh: share/normlab/scripts beside the installed program's folder, or scripts/ of the source tree
// that the program was built in. Throws RunError when it is in neither place.
std::filesystem::path find_fetch_script();

// `name` is one of fetchable_datasets(), or "text:bible" for "bible". Runs the script, which puts the checked
// files into data_directory() and tells its progress on standard error; does nothing when they are there
// already. Throws RequestError naming `dataset` for another name, RunError when the script fails.
void fetch_dataset(std::string_view name);

}  // namespace normlab
