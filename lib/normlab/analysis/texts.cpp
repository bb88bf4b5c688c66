#include "normlab/analysis/texts.h"

#include "normlab/core/text.h"

namespace normlab {

std::string setting_text(const nlohmann::json& value) {
  if (value.is_null()) return "—";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string shortened_sentence(std::string_view text) {
  constexpr std::size_t longest = 400;  // bytes; several times what normlab writes
  if (text.size() <= longest) return printable(text);
  std::size_t end = longest;
  while (end > longest - 4 && (text[end] & 0xc0) == 0x80) --end;  // not within a character
  return printable(text.substr(0, end)) + "...";
}

}  // namespace normlab
