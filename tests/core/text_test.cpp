#include "normlab/core/text.h"

#include <doctest/doctest.h>

#include <string>

namespace normlab {

TEST_CASE("only well-formed UTF-8 counts as UTF-8") {
  CHECK(is_utf8(""));
  CHECK(is_utf8("a\n\x7f\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"));
  // A lone continuation, overlong forms of / and U+FFFF, a surrogate, beyond U+10FFFF, cut off.
  for (const char* wrong : {"\x80", "\xc0\xaf", "\xe0\x80\xaf", "\xf0\x8f\xbf\xbf", "\xed\xa0\x80",
                            "\xf4\x90\x80\x80", "\xff", "ab\xc3", "\xe2\x82", "\xc3\x28"}) {
    CAPTURE(wrong);
    CHECK_FALSE(is_utf8(wrong));
  }
}

TEST_CASE("control characters and stray bytes are escaped, everything else stays") {
  CHECK(printable("a \"b\" \\ \xc3\xa9") == "a \"b\" \\ \xc3\xa9");
  CHECK(printable("\x1b[2J\n\r\t\x7f") == "\\x1b[2J\\n\\r\\t\\x7f");
  CHECK(printable("\xc2\x9b"
                  "31m") ==
        "\\x9b"
        "31m");  // the one-character form of ESC [
  CHECK(printable("\xff\xc3") == "\\xff\\xc3");
  CHECK(printable(std::string("\0", 1)) == "\\x00");
}

TEST_CASE("line feeds can be kept") {
  CHECK(printable_lines("a\x1b\n\nb\n") == "a\\x1b\n\nb\n");
  CHECK(printable_lines("a") == "a");
}

TEST_CASE("a long text is escaped as the sum of its characters") {
  std::string euros;
  for (int i = 0; i < 5000; ++i) euros += "\xe2\x82\xac";
  CHECK(printable(euros) == euros);
  CHECK(printable("x" + euros) == "x" + euros);
}

TEST_CASE("a quotation has at most 80 characters, cut between characters, with both its ends") {
  const std::string fits(80, 'x');
  CHECK(shortened(fits) == fits);
  CHECK(shortened("/" + std::string(1000000, 'x') + "/record.json") ==
        "/" + std::string(40, 'x') + "..." + std::string(24, 'x') + "/record.json");
  CHECK(shortened(fits + "y").size() == 80);
  std::string euros;
  for (int i = 0; i < 81; ++i) euros += "\xe2\x82\xac";
  CHECK(shortened(euros).size() == 77 * 3 + 3);
  CHECK(is_utf8(shortened("x" + euros)));
  CHECK(shortened(std::string(100, '\x01')).size() <= 80);
  CHECK(quotation("a\nb") == "\"a\\nb\"");
}

TEST_CASE("names of fields are read as words") {
  CHECK(with_blanks("bits_per_character") == "bits per character");
  CHECK(with_blanks("loss") == "loss");
}
}  // namespace normlab
