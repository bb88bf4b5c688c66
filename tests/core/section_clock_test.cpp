#include "normlab/core/section_clock.h"

#include <doctest/doctest.h>

#include <chrono>
#include <thread>

namespace {

using namespace normlab;

void wait_milliseconds(int count) {
  std::this_thread::sleep_for(std::chrono::milliseconds(count));
}

double of(const std::array<double, section_count>& sections, Section section) {
  return sections[static_cast<std::size_t>(section)];
}

}  // namespace

TEST_CASE("a section does not count what happens in a section inside it, or outside of all") {
  SectionClock::start();
  {
    const SectionScope outer(Section::elementwise);
    {
      const SectionScope inner(Section::products);
      wait_milliseconds(40);
    }
    wait_milliseconds(4);
  }
  wait_milliseconds(40);
  const auto sections = SectionClock::stop();
  CHECK(of(sections, Section::products) >= 0.04);
  CHECK(of(sections, Section::elementwise) >= 0.004);
  CHECK(of(sections, Section::elementwise) < of(sections, Section::products));
  CHECK(of(sections, Section::data) == 0);
}

TEST_CASE("a stopped clock counts nothing, and a new start begins at zero") {
  SectionClock::start();
  { const SectionScope scope(Section::data); }
  SectionClock::stop();
  {
    const SectionScope scope(Section::products);
    wait_milliseconds(2);
  }
  SectionClock::start();
  const auto sections = SectionClock::stop();
  for (const double seconds : sections) CHECK(seconds == 0);
}
