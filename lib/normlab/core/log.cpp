#include "normlab/core/log.h"

#include <exception>
#include <string>

#include "normlab/core/standard_streams.h"
#include "normlab/core/text.h"

namespace normlab {
namespace {

bool quiet_messages = false;

// One write for a line, so that those of several processes do not mix.
void write_line(std::string_view prefix, std::string_view message) noexcept {
  try {
    std::string line(prefix);
    line += printable(message);
    line += '\n';
    print_error(line);
  } catch (const std::exception&) {  // no memory for the line
    print_error(prefix);
    print_error(message);
    print_error("\n");
  }
}

}  // namespace

void log_info(std::string_view message) noexcept {
  if (!quiet_messages) log_message(message);
}

void log_message(std::string_view message) noexcept {
  write_line("normlab: ", message);
}

void log_warning(std::string_view message) noexcept {
  write_line("normlab: warning: ", message);
}

void set_quiet(bool quiet) noexcept {
  quiet_messages = quiet;
}

}  // namespace normlab
