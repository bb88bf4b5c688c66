// SHA-256 (FIPS 180-4): the digest that `sha256sum` prints, so that anyone can check it without this program.
#pragma once

#include <string>
#include <string_view>

namespace normlab {

// 64 lower-case hexadecimal digits.
std::string sha256(std::string_view bytes);

}  // namespace normlab
