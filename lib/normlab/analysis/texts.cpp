#include "normlab/analysis/texts.h"

#include <fmt/format.h>

#include "normlab/core/text.h"

namespace normlab {

std::string setting_text(const nlohmann::json& value) {
  if (value.is_null()) return "—";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

bool is_same_value(const nlohmann::json& a, const nlohmann::json& b) {
  return a == b || setting_text(a) == setting_text(b);
}

std::string shortened_sentence(std::string_view text) {
  constexpr std::size_t longest = 400;  // bytes; several times what normlab writes
  if (text.size() <= longest) return printable(text);
  std::size_t end = longest;
  while (end > longest - 4 && (text[end] & 0xc0) == 0x80) --end;  // not within a character
  return printable(text.substr(0, end)) + "...";
}

std::string dataset_text(const Settings& settings) {
  const std::string path = text_setting_at(settings, "dataset.path");
  const std::string name = text_setting_at(settings, "dataset.name", "an unnamed dataset");
  return path.empty() ? name : fmt::format("{}:{}", name, path);
}

}  // namespace normlab
