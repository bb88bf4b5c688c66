#include "normlab/core/section_clock.h"

#include "normlab/core/process.h"

namespace normlab {
namespace {

constexpr int outside = -1;

std::array<double, section_count> seconds{};
double since = 0;       // when the current section began to count
int current = outside;  // index of a Section

void switch_to(int section) {
  const double now = monotonic_seconds();
  if (current != outside) seconds[static_cast<std::size_t>(current)] += now - since;
  since = now;
  current = section;
}

}  // namespace

bool SectionClock::running = false;

void SectionClock::start() {
  seconds = {};
  current = outside;
  running = true;
}

std::array<double, section_count> SectionClock::stop() {
  running = false;
  return seconds;
}

void SectionScope::enter(Section section) {
  entered_ = true;
  outer_ = current;
  switch_to(static_cast<int>(section));
}

void SectionScope::leave() {
  switch_to(outer_);
}

}  // namespace normlab
