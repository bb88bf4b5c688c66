// Checks of what an exception says. doctest::Contains would do, but Ubuntu 22.04's doctest does not have it.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace normlab::test {

// That body() throws an Exception with `part` in its message.
template <class Exception, class Body>
void check_throws_saying(std::string_view part, Body&& body) {
  std::string message = "nothing was thrown";
  try {
    body();
  } catch (const Exception& error) {
    message = error.what();
  }
  CAPTURE(message);
  CAPTURE(std::string(part));
  CHECK(message.find(part) != std::string::npos);
}

}  // namespace normlab::test
