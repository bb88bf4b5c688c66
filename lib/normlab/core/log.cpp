#include "normlab/core/log.h"

#include <fmt/format.h>

#include <cstdio>

namespace normlab {
namespace {
bool quiet_messages = false;
}

void log_info(std::string_view message) {
  if (!quiet_messages) fmt::print(stderr, "normlab: {}\n", message);
}

void log_warning(std::string_view message) {
  fmt::print(stderr, "normlab: warning: {}\n", message);
}

void set_quiet(bool quiet) {
  quiet_messages = quiet;
}

}  // namespace normlab
