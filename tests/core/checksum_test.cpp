#include "normlab/core/checksum.h"

#include <doctest/doctest.h>

#include <string>

using namespace normlab;

TEST_CASE("the checksum is XXH64, for texts of every remainder") {
  // From the reference implementation, version 0.8.
  CHECK(checksum("") == 0xEF46DB3751D8E999U);
  CHECK(checksum("a") == 0xD24EC4F1A98C6E5BU);
  CHECK(checksum("abc") == 0x44BC2CF5AD770999U);
  CHECK(checksum("Nobody inspects the spammish repetition") == 0xFBCEA83C8A378BF1U);
}

TEST_CASE("any flipped bit changes the checksum") {
  std::string bytes(77, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(37 * i);
  const std::uint64_t whole = checksum(bytes);
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    CHECK(checksum(bytes) != whole);
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
  }
}

TEST_CASE("a checksum in digits has all sixteen of them") {
  CHECK(checksum_digits("abc") == "44bc2cf5ad770999");
  CHECK(is_checksum("0123456789abcdef"));
  for (const char* text : {"", "4G", "ABC", " 1", "0x1"}) CHECK_FALSE(is_checksum(text));
}
