// Where the time of a training step goes. `normlab bench` switches the clock on; while it is off, as in every
// training run, a SectionScope costs one branch.
#pragma once

#include <array>
#include <cstddef>

namespace normlab {

enum class Section { data, products, normalization, elementwise, optimizer };
inline constexpr std::size_t section_count = 5;

// Seconds by section since the last reset(). Times are exclusive: a scope inside another takes its time away
// from the outer one. Only the calling thread is watched; loops and products that it spreads over threads
// count as long as it waits for them.
class SectionClock {
 public:
  static void start();  // from zero
  static std::array<double, section_count> stop();

 private:
  friend class SectionScope;
  static bool running;
};

class SectionScope {
 public:
  explicit SectionScope(Section section) {
    if (SectionClock::running) enter(section);
  }
  ~SectionScope() {
    if (entered_) leave();
  }
  SectionScope(const SectionScope&) = delete;
  SectionScope& operator=(const SectionScope&) = delete;

 private:
  void enter(Section section);
  void leave();

  bool entered_ = false;
  int outer_ = -1;
};

}  // namespace normlab
