// A report as one page for a browser, which needs nothing else: no network, no other file.
#pragma once

#include <cstddef>
#include <functional>
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

// A page of what `data_at` gives the page's scripts, "reports" and so on, at the smallest stride of 1, 2, 4,
// … with which it is at most largest_page; with a stride of 1024 in any case.
std::string make_page(std::string_view title, const std::function<Json(std::size_t stride)>& data_at);

// JSON that can stand within <script>, whatever texts it holds.
std::string script_json(const Json& data);

}  // namespace normlab
