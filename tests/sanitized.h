// Whether the sanitizers watch. They slow a program down ten times and more, so what a test repeats to be
// sure of a number it then repeats less: what they look for shows at once.
#pragma once

namespace normlab::testing {

#ifdef NORMLAB_SANITIZED
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

}  // namespace normlab::testing
