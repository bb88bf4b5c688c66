#include "normlab/bench/scaling_bench.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <thread>

#include "normlab/bench/norm_step.h"
#include "normlab/bench/step_cases.h"
#include "normlab/core/error.h"
#include "normlab/core/file.h"
#include "normlab/core/process.h"
#include "normlab/experiment/config/json.h"
#include "normlab/experiment/process/child_process.h"
#include "normlab/experiment/process/cores.h"
#include "normlab/models/recurrent.h"

namespace normlab::bench {
namespace {

// Rows of `length` numbers, as many as make a million, or one.
struct Rows {
  explicit Rows(Index row_length)
      : length(row_length),
        count(std::max<Index>(1, total / length)),
        norm(std::make_unique<NormStep>(Norm::layer, count, 1, length)) {}

  static constexpr Index total = 1 << 20;
  Index length, count;
  std::unique_ptr<NormStep> norm;
};

Growth layer_norm_growth(const std::string& name, bool forward, const Effort& effort) {
  std::vector<Rows> rows;
  for (Index length = 16; length <= Rows::total; length *= 4) rows.emplace_back(length);
  std::vector<std::function<void()>> contenders;
  contenders.reserve(rows.size());
  for (Rows& r : rows) {
    contenders.emplace_back([&r, forward] { forward ? r.norm->forward() : r.norm->backward(); });
  }
  const Times times = interleave(contenders, effort);
  std::vector<GrowthPoint> points;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    points.push_back({rows[i].length, scaled(figure(times[i]), 1.0 / static_cast<double>(rows[i].count))});
  }
  return fitted(name, std::move(points));
}

Growth lstm_growth(const std::string& name, Norm norm, const Effort& effort) {
  std::vector<GrowthPoint> points;
  std::vector<std::unique_ptr<Step>> steps;
  std::vector<std::function<void()>> contenders;
  for (Index length = 8; length <= 512; length *= 2) {
    StepCase c{.model = "lstm-layer",
               .shape = "",
               .batch = 32,
               .norm = {},
               .spec = Recurrent{.cell = CellKind::lstm},
               .steps = length,
               .in = 128};
    c.norm.kind = norm;
    steps.push_back(make_step(c));
    contenders.emplace_back([step = steps.back().get()] { (*step)(); });
    points.push_back({length, {}});
  }
  const Times times = interleave(contenders, effort);
  for (std::size_t i = 0; i < points.size(); ++i) points[i].seconds = figure(times[i]);
  return fitted(name, std::move(points));
}

// A folder that goes with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "normlab-bench-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) {
      throw RunError(fmt::format("cannot make a folder like {}.", pattern));
    }
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

struct SweptModel {
  const char* name;
  Json settings;
  int steps;  // about a second
};

std::vector<SweptModel> swept_models() {
  return {{"mlp", {{"name", "mlp"}, {"hidden", {1000, 1000}}}, 500},
          {"lstm", {{"name", "lstm"}}, 500},
          {"cnn", {{"name", "cnn"}}, 250}};
}

// As many runs as every division of the cores into jobs can share out evenly.
Json sweep_spec(const SweptModel& model, int cores) {
  Json seeds = Json::array();
  for (int seed = 1; seed <= 2 * cores; ++seed) seeds.push_back(seed);
  return {{"name", "bench"},
          {"base",
           {{"dataset", {{"name", "synthetic"}, {"train_limit", 3584}}},
            {"model", model.settings},
            {"norm", "layer"},
            {"batch_size", 32},
            {"budget", {{"steps", model.steps}}},
            {"evaluate_every", {{"steps", model.steps}}}}},
          {"grid", {{"seed", seeds}}}};
}

double seconds_of_sweep(const std::filesystem::path& spec, const std::filesystem::path& out,
                        const SweepPoint& point) {
  using std::chrono::milliseconds;
  const double begin = monotonic_seconds();
  ChildStart start;
  start.arguments = {"sweep",     spec.string(),
                     "--out",     out.string(),
                     "--jobs",    std::to_string(point.jobs),
                     "--threads", std::to_string(point.threads)};
  start.cores = available_cores();
  ChildProcess child(start);
  std::optional<ChildExit> exit;
  while (!(exit = child.poll())) std::this_thread::sleep_for(milliseconds(5));
  if (exit->status != 0 || exit->signal != 0) throw RunError(fmt::format("a sweep failed: {}", exit->cause));
  return monotonic_seconds() - begin;
}

std::vector<SweepPoint> sweep_points(const char* model, int cores) {
  std::vector<SweepPoint> points;
  for (int jobs = 1; jobs <= cores; jobs *= 2) {
    for (int threads = 1; jobs * threads <= cores; threads *= 2)
      points.push_back({model, jobs, threads, {}, {}});
  }
  return points;
}

// Measures the points, the first of which is one job of one thread.
void measure_sweeps(std::vector<SweepPoint>& points, const std::filesystem::path& folder,
                    const std::filesystem::path& spec, Index rounds) {
  Times times(points.size());
  for (Index round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < points.size(); ++i) {
      const auto out = folder / fmt::format("{}-{}-{}", points[i].model, round, i);
      times[i].push_back(seconds_of_sweep(spec, out, points[i]));
    }
  }
  for (std::size_t i = 0; i < points.size(); ++i) {
    points[i].seconds = figure(times[i]);
    points[i].throughput = ratio(times[0], times[i]);
  }
}

}  // namespace

Growth fitted(std::string what, std::vector<GrowthPoint> points) {
  const double n = static_cast<double>(points.size());
  double mean_x = 0, mean_y = 0;
  for (const GrowthPoint& p : points) {
    mean_x += std::log(static_cast<double>(p.size)) / n;
    mean_y += std::log(p.seconds.median) / n;
  }
  double xx = 0, xy = 0, yy = 0;
  for (const GrowthPoint& p : points) {
    const double dx = std::log(static_cast<double>(p.size)) - mean_x;
    const double dy = std::log(p.seconds.median) - mean_y;
    xx += dx * dx;
    xy += dx * dy;
    yy += dy * dy;
  }
  const double exponent = xy / xx;
  const double residual = std::max(yy - exponent * xy, 0.0);
  return {std::move(what), std::move(points), exponent, std::sqrt(residual / (n - 2) / xx)};
}

std::vector<std::string> growth_names() {
  return {"layer-norm-forward", "layer-norm-backward", "lstm-none", "lstm-layer"};
}

std::vector<Growth> bench_growth(const std::string& filter, const Effort& effort) {
  std::vector<Growth> growths;
  for (const std::string& name : growth_names()) {
    if (name.find(filter) == std::string::npos) continue;
    if (name.starts_with("layer-norm")) {
      growths.push_back(layer_norm_growth(name, name.ends_with("forward"), effort));
    } else {
      growths.push_back(lstm_growth(name, name.ends_with("none") ? Norm::none : Norm::layer, effort));
    }
  }
  return growths;
}

std::vector<SweepPoint> bench_sweeps(int cores, Index rounds) {
  const TemporaryFolder folder;
  std::vector<SweepPoint> all;
  for (const SweptModel& model : swept_models()) {
    const std::filesystem::path spec = folder.path() / fmt::format("{}.json", model.name);
    write_whole(spec, sweep_spec(model, cores).dump());
    std::vector<SweepPoint> points = sweep_points(model.name, cores);
    measure_sweeps(points, folder.path(), spec, rounds);
    all.insert(all.end(), points.begin(), points.end());
  }
  return all;
}

}  // namespace normlab::bench
