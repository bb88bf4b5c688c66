#include "normlab/analysis/export/event_file.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

using namespace normlab;
using namespace std::string_literals;

TEST_CASE("CRC-32C has the values of RFC 3720") {
  CHECK(crc32c("") == 0);
  CHECK(crc32c("123456789") == 0xe3069283);
  CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aa);
  CHECK(crc32c(std::string(32, '\xff')) == 0x62a8ab43);
}

TEST_CASE("an event file begins with its version, in a frame with masked checksums") {
  const std::string version =
      "\x18\0\0\0\0\0\0\0"  // length
      "\xa3\x7f\x4b\x22"
      "\x09\0\0\0\0\0\0\xf8\x3f"  // 1: wall_time 1.5
      "\x1a\x0d"                  // 3: file_version
      "brain.Event:2"s;
  const EventFile file(1.5);
  REQUIRE(file.bytes().size() == 8 + 4 + 24 + 4);
  CHECK(file.bytes().substr(0, 36) == version);
}

TEST_CASE("scalars of a step are one event") {
  EventFile file(0);
  const std::size_t begin = file.bytes().size();
  const std::vector<TaggedScalar> scalars = {{"a", 0.5F}, {"b", NAN}};
  file.add_scalars(2, 300, scalars);
  const std::string message =
      "\x09\0\0\0\0\0\0\0\x40"  // wall_time 2
      "\x10\xac\x02"            // step 300
      "\x2a\x14"                // summary
      "\x0a\x08\x0a\x01"s +
      "a"s + "\x15\0\0\0\x3f"s +  // a value: tag, simple_value 0.5
      "\x0a\x08\x0a\x01"s + "b"s + "\x15\0\0\xc0\x7f"s;
  CHECK(file.bytes().substr(begin + 12, message.size()) == message);
  CHECK(file.bytes().size() == begin + 12 + message.size() + 4);
  CHECK(file.bytes().substr(begin, 8) ==
        std::string(1, static_cast<char>(message.size())) + std::string(7, '\0'));
}

TEST_CASE("a session tells its settings in their types") {
  EventFile file(0);
  file.add_session(
      0,
      {.group = "g", .start_seconds = 1.5, .settings = {{"n", 2}, {"t", "x"}, {"f", true}, {"l", {1, 2}}}});
  const std::string& bytes = file.bytes();
  const auto holds = [&](const std::string& part) { return bytes.find(part) != std::string::npos; };
  CHECK(holds("\x0a\x1c_hparams_/session_start_info"));
  CHECK(holds("\x0a\x07hparams"));
  CHECK(holds("\x0a\x0e\x0a\x01n\x12\x09\x11\0\0\0\0\0\0\0\x40"s));
  CHECK(holds("\x0a\x01t\x12\x03\x1a\x01x"s));
  CHECK(holds("\x0a\x01"s + "f"s + "\x12\x02\x20\x01"s));
  CHECK(holds("\x0a\x01l\x12\x07\x1a\x05[1,2]"s));
  CHECK(holds("\x22\x01g\x29\0\0\0\0\0\0\xf8\x3f"s));
}
