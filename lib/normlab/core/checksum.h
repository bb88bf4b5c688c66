// A checksum against accidents: flipped bits, lost and foreign bytes. Not against anyone who means harm.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace normlab {

// XXH64 with seed 0 (Yann Collet, github.com/Cyan4973/xxHash, doc/xxhash_spec.md), at the speed of memory.
std::uint64_t checksum(std::string_view bytes);

// The same as 16 hexadecimal digits.
std::string checksum_digits(std::string_view bytes);

// Whether `text` can be one or several checksums in such digits.
bool is_checksum(std::string_view text);

}  // namespace normlab
