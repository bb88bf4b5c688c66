#include "normlab/core/checksum.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cstring>

namespace normlab {
namespace {

constexpr std::uint64_t prime1 = 0x9E3779B185EBCA87U, prime2 = 0xC2B2AE3D27D4EB4FU,
                        prime3 = 0x165667B19E3779F9U, prime4 = 0x85EBCA77C2B2AE63U,
                        prime5 = 0x27D4EB2F165667C5U;

template <class Word>
std::uint64_t take(std::string_view& bytes) {
  Word word = 0;
  std::memcpy(&word, bytes.data(), sizeof(word));
  bytes.remove_prefix(sizeof(word));
  return word;
}

std::uint64_t round(std::uint64_t lane, std::uint64_t word) {
  return std::rotl(lane + word * prime2, 31) * prime1;
}

std::uint64_t merge(std::uint64_t hash, std::uint64_t lane) {
  return (hash ^ round(0, lane)) * prime1 + prime4;
}

// Four lanes, so that the processor's multiplications overlap.
std::uint64_t take_stripes(std::string_view& bytes) {
  std::array<std::uint64_t, 4> lanes{prime1 + prime2, prime2, 0, 0 - prime1};
  while (bytes.size() >= sizeof(lanes)) {
    for (std::uint64_t& lane : lanes) lane = round(lane, take<std::uint64_t>(bytes));
  }
  std::uint64_t hash =
      std::rotl(lanes[0], 1) + std::rotl(lanes[1], 7) + std::rotl(lanes[2], 12) + std::rotl(lanes[3], 18);
  for (const std::uint64_t lane : lanes) hash = merge(hash, lane);
  return hash;
}

}  // namespace

std::uint64_t checksum(std::string_view bytes) {
  const std::uint64_t size = bytes.size();
  std::uint64_t hash = (size >= 32 ? take_stripes(bytes) : prime5) + size;
  while (bytes.size() >= 8)
    hash = std::rotl(hash ^ round(0, take<std::uint64_t>(bytes)), 27) * prime1 + prime4;
  if (bytes.size() >= 4) hash = std::rotl(hash ^ take<std::uint32_t>(bytes) * prime1, 23) * prime2 + prime3;
  while (!bytes.empty()) hash = std::rotl(hash ^ take<unsigned char>(bytes) * prime5, 11) * prime1;
  hash = (hash ^ (hash >> 33)) * prime2;
  hash = (hash ^ (hash >> 29)) * prime3;
  return hash ^ (hash >> 32);
}

std::string checksum_digits(std::string_view bytes) {
  return fmt::format("{:016x}", checksum(bytes));
}

bool is_checksum(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace normlab
