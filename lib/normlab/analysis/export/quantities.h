// What a row of a report counts and measures, by the names that programs read.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "normlab/analysis/report.h"
#include "normlab/records/vocabulary.h"

namespace normlab {

struct NamedSpread {
  std::string_view name;
  std::optional<Spread> ReportRow::*spread;
};
inline constexpr std::array<NamedSpread, 7> named_spreads = {{
    {"epochs", &ReportRow::epochs},
    {"steps", &ReportRow::steps},
    {"train_seconds", &ReportRow::train_seconds},
    {"train_seconds_from_median_step", &ReportRow::train_seconds_from_median_step},
    {"test", &ReportRow::test},
    {"best_validation", &ReportRow::best_validation},
    {"final_validation", &ReportRow::final_validation},
}};

struct NamedCount {
  std::string_view name;
  Index ReportRow::*count;
};
inline constexpr std::array<NamedCount, 10> named_counts = {{
    {"runs", &ReportRow::runs},
    {status::reached_target, &ReportRow::reached},
    {status::missed_target, &ReportRow::missed},
    {status::finished, &ReportRow::finished},
    {status::diverged, &ReportRow::diverged},
    {status::undefined, &ReportRow::undefined},
    {status::failed, &ReportRow::failed},
    {status::interrupted, &ReportRow::unfinished},
    {"doubtful_times", &ReportRow::doubtful_times},
    {"doubtful_medians", &ReportRow::doubtful_medians},
}};

constexpr std::string_view edge_name(Edge edge) {
  return edge == Edge::smallest ? "smallest" : edge == Edge::largest ? "largest" : "";
}

constexpr std::string_view extent_name(Extent extent) {
  return extent == Extent::target ? "target" : "end_of_run";
}

}  // namespace normlab
