// Messages for people, on standard error; results never go through here.
#pragma once

#include <string_view>

namespace normlab {

void log_info(std::string_view message);     // "normlab: MESSAGE"
void log_warning(std::string_view message);  // "normlab: warning: MESSAGE"
void set_quiet(bool quiet);                  // drops log_info, keeps warnings

}  // namespace normlab
