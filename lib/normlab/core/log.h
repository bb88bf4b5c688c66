// Messages for people, on standard error; results never go through here. Control characters and bytes that
// are no UTF-8 are escaped. A standard error that cannot be written loses messages and nothing else: these do
// not throw.
#pragma once

#include <string_view>

namespace normlab {

void log_info(std::string_view message) noexcept;     // "normlab: MESSAGE", unless set_quiet(true)
void log_message(std::string_view message) noexcept;  // "normlab: MESSAGE"
void log_warning(std::string_view message) noexcept;  // "normlab: warning: MESSAGE"
void set_quiet(bool quiet) noexcept;                  // drops log_info, keeps the others

}  // namespace normlab
