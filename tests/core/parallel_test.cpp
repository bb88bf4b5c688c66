#include "normlab/core/parallel.h"

#include <doctest/doctest.h>

#include <vector>

namespace normlab {
namespace {

class Threads {
 public:
  explicit Threads(int count) : previous_(thread_count()) { set_thread_count(count); }
  ~Threads() { set_thread_count(previous_); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

 private:
  int previous_;
};

struct Part {
  Index begin = -1, end = -1;
  bool operator==(const Part&) const = default;
};

std::vector<Part> partition(Index count, Index grain) {
  std::vector<Part> parts(static_cast<std::size_t>(thread_count()));
  parallel_for(count, grain, [&](Index begin, Index end, int thread) {
    parts[static_cast<std::size_t>(thread)] = {begin, end};
  });
  while (!parts.empty() && parts.back() == Part{}) parts.pop_back();
  return parts;
}

}  // namespace

TEST_CASE("the parts of a parallel loop lie end to end, one a thread, equal to within one item") {
  for (const int threads : {2, 3, 4}) {
    const Threads scope(threads);
    for (const Index count : {8, 100, 101, 1003}) {
      CAPTURE(threads);
      CAPTURE(count);
      const std::vector<Part> parts = partition(count, 1);
      REQUIRE(parts.size() == static_cast<std::size_t>(threads));
      Index expected_begin = 0;
      for (const Part& part : parts) {
        CHECK(part.begin == expected_begin);
        CHECK(part.end - part.begin >= count / threads);
        CHECK(part.end - part.begin <= count / threads + 1);
        expected_begin = part.end;
      }
      CHECK(expected_begin == count);
      CHECK(partition(count, 1) == parts);
    }
  }
}

TEST_CASE(
    "no part of a parallel loop is smaller than the grain, and small loops stay in the calling thread") {
  const Threads scope(4);
  CHECK(partition(19, 10) == std::vector<Part>{{0, 19}});
  CHECK(partition(20, 10) == std::vector<Part>{{0, 10}, {10, 20}});
  CHECK(partition(39, 10).size() == 3);
  CHECK(partition(4000, 10).size() == 4);
  CHECK(partition(1, 0) == std::vector<Part>{{0, 1}});
  CHECK(partition(0, 10).empty());
}

TEST_CASE("one thread gets the whole loop") {
  const Threads scope(1);
  CHECK(thread_count() == 1);
  CHECK(partition(1000, 1) == std::vector<Part>{{0, 1000}});
}

TEST_CASE("a loop is done whole also where the system gives it fewer threads than it asked for") {
  // OpenMP runs a loop within a loop on one thread by default.
  const Threads scope(2);
  constexpr Index outer = 4, inner = 100;
  std::vector<int> visits(outer * inner);
  parallel_for(outer, 1, [&](Index begin, Index end, int) {
    for (Index i = begin; i < end; ++i) {
      parallel_for(inner, 1, [&, i](Index first, Index last, int) {
        for (Index j = first; j < last; ++j) ++visits[static_cast<std::size_t>(i * inner + j)];
      });
    }
  });
  CHECK(visits == std::vector<int>(outer * inner, 1));
}

}  // namespace normlab
