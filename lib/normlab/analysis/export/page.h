// A report as one page for a browser, which needs nothing else: no network, no other file.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "normlab/analysis/report.h"
#include "normlab/core/json.h"

namespace normlab {

inline constexpr std::size_t largest_page = 3'000'000;  // bytes

// RequestError naming `format` when there is no library to draw charts with: see page_assets::library.
void require_page_library(std::string_view library);

// What the page's scripts read. Of every `stride` evaluations of a group one is kept, with the last one of
// each run and those at which targets were reached.
Json page_data(const Report& report, std::size_t stride);

// A page of verdicts on claims, as `normlab claims report --format json` has them, in place of a report's.
std::string render_verdicts_page(const Json& verdicts);

// JSON that can stand within <script>, whatever texts it holds.
std::string script_json(const Json& data);

}  // namespace normlab
