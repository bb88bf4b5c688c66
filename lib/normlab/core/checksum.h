// A checksum against accidents: flipped bits, lost and foreign bytes. Not against anyone who means harm.
#pragma once

#include <cstdint>
#include <string_view>

namespace normlab {

// XXH64 with seed 0 (Yann Collet, github.com/Cyan4973/xxHash, doc/xxhash_spec.md), at the speed of memory.
std::uint64_t checksum(std::string_view bytes);

}  // namespace normlab
