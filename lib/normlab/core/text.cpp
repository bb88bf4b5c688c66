#include "normlab/core/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <vector>

#include "normlab/core/utf8.h"

namespace normlab {
namespace {

constexpr std::string_view ellipsis = "...";
constexpr std::size_t longest_character = 4;  // bytes of UTF-8

std::string escape(std::uint32_t code) {
  switch (code) {
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      return fmt::format("\\x{:02x}", code);
  }
}

// What `text` shows, one element for each character: itself or its escape.
std::vector<std::string> shown_characters(std::string_view text) {
  std::vector<std::string> characters;
  while (!text.empty()) {
    const Utf8Character character = first_character(text);
    const std::size_t bytes = std::max<std::size_t>(character.bytes, 1);
    const bool control = character.code < 0x20 || (character.code >= 0x7f && character.code < 0xa0);
    if (character.bytes == 0) {
      characters.push_back(escape(static_cast<std::uint8_t>(text[0])));
    } else {
      characters.push_back(control ? escape(character.code) : std::string(text.substr(0, bytes)));
    }
    text.remove_prefix(bytes);
  }
  return characters;
}

std::size_t character_count(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

// As many of `characters`, from the first on, as have no more than `room` characters when shown.
template <class Iterator>
Iterator end_of_room(Iterator first, Iterator last, std::size_t room) {
  for (std::size_t used = 0; first != last; ++first) {
    used += character_count(*first);
    if (used > room) break;
  }
  return first;
}

std::string join(std::vector<std::string>::const_iterator first,
                 std::vector<std::string>::const_iterator last) {
  std::string text;
  for (; first != last; ++first) text += *first;
  return text;
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t bytes = first_character(text).bytes;
    if (bytes == 0) return false;
    text.remove_prefix(bytes);
  }
  return true;
}

std::string printable(std::string_view text) {
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    // In pieces, for a text may be long and its characters are a string each.
    constexpr std::size_t piece = 4096;
    std::size_t bytes = std::min(text.size(), piece);
    while (bytes < text.size() && bytes > piece - longest_character && (text[bytes] & 0xc0) == 0x80) --bytes;
    const std::vector<std::string> characters = shown_characters(text.substr(0, bytes));
    shown += join(characters.begin(), characters.end());
    text.remove_prefix(bytes);
  }
  return shown;
}

std::string printable_lines(std::string_view text) {
  std::string shown;
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    shown += printable(text.substr(0, end));
    shown += '\n';
    text.remove_prefix(end + 1);
  }
  return shown + printable(text);
}

std::string shortened(std::string_view text) {
  // Of a long text only what can be shown is looked at.
  constexpr std::size_t reach = longest_quotation * longest_character;
  std::string ends;
  if (text.size() > 2 * reach) {
    ends = fmt::format("{}{}", text.substr(0, reach), text.substr(text.size() - reach));
    text = ends;
  }
  const std::vector<std::string> characters = shown_characters(text);
  if (end_of_room(characters.begin(), characters.end(), longest_quotation) == characters.end()) {
    return join(characters.begin(), characters.end());
  }
  // The end of a path says more than its middle.
  constexpr std::size_t tail = 36, head = longest_quotation - ellipsis.size() - tail;
  const auto head_end = end_of_room(characters.begin(), characters.end(), head);
  const auto tail_begin = end_of_room(characters.rbegin(), characters.rend(), tail).base();
  return fmt::format("{}{}{}", join(characters.begin(), head_end), ellipsis,
                     join(tail_begin, characters.end()));
}

std::string quotation(std::string_view text) {
  return fmt::format("\"{}\"", shortened(text));
}

std::string without_full_stop(std::string_view sentence) {
  if (sentence.ends_with('.')) sentence.remove_suffix(1);
  return std::string(sentence);
}

std::string with_blanks(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

}  // namespace normlab
