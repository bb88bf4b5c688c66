// Words of a command, as a shell reads them.
#pragma once

#include <string>
#include <string_view>

namespace normlab {

// `word` as it is where a shell takes it so, else between single quotes.
std::string shell_word(std::string_view word);

}  // namespace normlab
