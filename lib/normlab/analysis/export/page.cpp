#include "normlab/analysis/export/page.h"

#include <stdexcept>

#include "normlab/analysis/export/page_assets.h"
#include "normlab/core/error.h"

namespace normlab {
namespace {

std::string escaped_text(std::string_view text) {
  std::string escaped;
  for (const char character : text) {
    if (character == '&') {
      escaped += "&amp;";
    } else if (character == '<') {
      escaped += "&lt;";
    } else {
      escaped += character;
    }
  }
  return escaped;
}

struct PagePart {
  std::string_view mark, text;
};

// The template with each part in the place of its mark. The parts are in the template's order.
std::string fill_page(std::string_view page, std::initializer_list<PagePart> parts) {
  std::string filled;
  for (const PagePart& part : parts) {
    const std::size_t place = page.find(part.mark);
    if (place == std::string_view::npos) throw std::logic_error("page.html lacks " + std::string(part.mark));
    filled.append(page.substr(0, place)).append(part.text);
    page.remove_prefix(place + part.mark.size());
  }
  return filled.append(page);
}

std::string page_with(std::string_view name, const Json& page_data) {
  const std::string title = escaped_text(name), data = script_json(page_data);
  return fill_page(page_assets::page, {{"<!--title-->", title},
                                       {"<!--style-->", page_assets::style},
                                       {"<!--licence-->", page_assets::licence},
                                       {"<!--data-->", data},
                                       {"<!--library-->", page_assets::library},
                                       {"<!--script-->", page_assets::script},
                                       {"<!--report-->", page_assets::report}});
}

}  // namespace

void require_page_library(std::string_view library) {
  if (!library.empty()) return;
  refuse(
      "format", "\"html\"",
      "html needs D3 (Debian: node-d3) to be there when normlab is built, and this one was built without it");
}

std::string script_json(const Json& data) {
  std::string text = data.dump(-1, ' ', false, Json::error_handler_t::replace), safe;
  safe.reserve(text.size());
  for (const char character : text) {
    if (character == '<') {
      safe += "\\u003c";
    } else {
      safe += character;
    }
  }
  return safe;
}

std::string make_page(std::string_view title, const std::function<Json(std::size_t)>& data_at) {
  require_page_library(page_assets::library);
  std::string page = page_with(title, data_at(1));
  constexpr std::size_t last_stride = 1024;
  for (std::size_t stride = 2; page.size() > largest_page && stride <= last_stride; stride *= 2)
    page = page_with(title, data_at(stride));
  return page;
}

std::string render_html(const Report& report) {
  return make_page(report.name, [&](std::size_t stride) {
    return Json{{"reports", Json::array({page_data(report, stride)})}};
  });
}

}  // namespace normlab
