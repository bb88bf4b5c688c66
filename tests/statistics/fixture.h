// What SciPy and R computed: tests/data_files/statistics.json, made by scripts/make_statistics_fixtures.py.
#pragma once

#include <filesystem>
#include <vector>

#include "normlab/core/json.h"
#include "normlab/statistics/censored.h"
#include "normlab/statistics/two_groups.h"

namespace normlab::test {

inline const Json& statistics_fixture() {
  static const Json file =
      read_json(std::filesystem::path(NORMLAB_TEST_DATA) / "statistics.json", "statistics.json");
  return file;
}

inline std::vector<Observation> observations(const Json& group) {
  std::vector<Observation> result;
  for (std::size_t i = 0; i < group.at("times").size(); ++i) {
    result.push_back(
        {.time = group.at("times")[i].get<double>(), .event = group.at("events")[i].get<bool>()});
  }
  return result;
}

// Those with these times, all with their event.
inline std::vector<Observation> events(const std::vector<double>& times) {
  std::vector<Observation> result;
  for (const double time : times) result.push_back({.time = time, .event = true});
  return result;
}

// `count` of them without an event until `time`.
inline std::vector<Observation> censored(std::size_t count, double time) {
  return std::vector<Observation>(count, {.time = time, .event = false});
}

// Two groups of which TwoGroups is a view.
struct TwoSamples {
  std::vector<Observation> first, second;
  double horizon;
  TwoGroups groups(Pairing pairing = Pairing::independent) const {
    return {.first = first, .second = second, .horizon = horizon, .pairing = pairing};
  }
};

inline TwoSamples two_samples(const Json& pair) {
  return {.first = observations(pair.at("first")),
          .second = observations(pair.at("second")),
          .horizon = pair.at("horizon").get<double>()};
}

}  // namespace normlab::test
