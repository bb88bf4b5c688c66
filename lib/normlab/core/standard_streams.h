// Standard input, output and error as the program finds and uses them.
#pragma once

#include <string_view>

#include "normlab/core/error.h"

namespace normlab {

// To be called before anything else in main(). Opens /dev/null for each of the three descriptors that is
// closed: the next file to be opened would take its number otherwise, and be written to as standard output.
// Ignores SIGPIPE and SIGXFSZ, so that a pipe without a reader and a file that may not grow are errors of the
// write; programs started from here inherit that.
void prepare_standard_streams() noexcept;

// The reader of standard output has gone, as `head` does when it has enough. Nobody is left to be told.
class BrokenPipe : public RunError {
 public:
  using RunError::RunError;
};

// Writes results to standard output. Throws BrokenPipe, and RunError when it cannot be written for another
// reason (a full disk, say).
void print_out(std::string_view text);

// Writes to standard error as it is, and passes over every failure.
void print_error(std::string_view text) noexcept;

}  // namespace normlab
