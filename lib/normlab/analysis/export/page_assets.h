// What the page is made of beside its data: the files of page/ and the library that draws its charts,
// as the build embedded them (page/embed.cmake).
#pragma once

#include <string_view>

namespace normlab::page_assets {

extern const std::string_view page;     // page.html, with a comment <!--name--> for each part
extern const std::string_view style;    // page.css
extern const std::string_view script;   // scripts of page/, one after the other
extern const std::string_view report;   // and those that draw one report, the body of a function
extern const std::string_view library;  // D3; "" when it was not there when normlab was built
extern const std::string_view licence;  // of the library

}  // namespace normlab::page_assets
