// Texts from outside (files, arguments, names) as messages and tables show them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace normlab {

inline constexpr std::size_t longest_quotation = 80;  // characters (Unicode code points)

// Whether `text` is UTF-8: no overlong forms, no surrogates, nothing beyond U+10FFFF.
bool is_utf8(std::string_view text);

// `text` with control characters (C0, DEL and C1) and bytes that are not UTF-8 written as escapes: \n, \t,
// \r, \x1b. Everything else, quotes and backslashes included, stays.
std::string printable(std::string_view text);

// The same, with line feeds kept.
std::string printable_lines(std::string_view text);

// printable(text); when that is longer than longest_quotation characters, its first and last ones with ...
// between them, longest_quotation in all.
std::string shortened(std::string_view text);

// shortened(text) between double quotes.
std::string quotation(std::string_view text);

// `sentence` as a part of a longer one: without its full stop.
std::string without_full_stop(std::string_view sentence);

// "hidden size" for "hidden_size".
std::string with_blanks(std::string name);

}  // namespace normlab
