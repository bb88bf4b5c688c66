// How cost grows: layer norm with the length of a row, an LSTM step with the length of its sequence, a sweep
// with the runs side by side and the threads of each.
#pragma once

#include <string>
#include <vector>

#include "normlab/bench/measure.h"

namespace normlab::bench {

struct GrowthPoint {
  Index size = 0;  // numbers in a row, or time steps
  Figure seconds;  // a row, or a step
};

// seconds = c size^exponent, fitted by least squares on logarithms over the points; `error` is the exponent's
// standard error. An algorithm of order n has an exponent of 1.
struct Growth {
  std::string what;
  std::vector<GrowthPoint> points;
  double exponent = 0, error = 0;
};

Growth fitted(std::string what, std::vector<GrowthPoint> points);  // at least three points

// The same small sweep of one model, with layer norm at batch size 32, with `jobs` runs side by side of
// `threads` threads each.
struct SweepPoint {
  std::string model;
  int jobs = 1, threads = 1;
  Figure seconds;     // of the whole sweep, start-up of its processes and evaluations included
  Figure throughput;  // how many times as many runs an hour as with one job of one thread, round by round
};

struct ScalingResult {
  std::vector<Growth> growths;
  std::vector<SweepPoint> sweeps;
};

// What bench_growth() measures.
std::vector<std::string> growth_names();

// `filter`: only those that contain it, of "layer-norm-forward", "layer-norm-backward" (rows of 16 to 1 M
// numbers, a million in all), "lstm-none" and "lstm-layer" (forward and backward, batch 32, 128 to 128, 8 to
// 512 time steps).
std::vector<Growth> bench_growth(const std::string& filter, const Effort& effort);

// Starts sweeps of this very program, in a temporary folder, for mlp, lstm and cnn with every division of up
// to `cores` cores into jobs and threads that are powers of two. RunError when a sweep fails.
std::vector<SweepPoint> bench_sweeps(int cores, Index rounds);

}  // namespace normlab::bench
