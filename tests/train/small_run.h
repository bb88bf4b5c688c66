// Runs on synthetic data that take a fraction of a second.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "files.h"
#include "normlab/models/cnn.h"
#include "normlab/models/mlp.h"
#include "normlab/models/recurrent.h"
#include "normlab/train/trainer.h"

namespace normlab::test {

// A model of that name, so small that a step takes well under a millisecond.
inline ModelSpec small_model(const std::string& name, Activation activation = Activation::relu) {
  if (name == "mlp") return Mlp{.hidden = {12, 9}, .activation = activation};
  if (name == "cnn") return Cnn{.blocks = {{4}, {6}}, .dense = {10}, .activation = activation};
  ModelSpec model = find_model(name, "model");
  model.as<Recurrent>().hidden_size = 8;
  return model;
}

// Of a model of small_model().
inline void set_dropout(ModelSpec& model, double rate) {
  if (model->name() == "mlp") {
    model.as<Mlp>().dropout = rate;
  } else if (model->name() == "cnn") {
    model.as<Cnn>().dropout = rate;
  } else {
    model.as<Recurrent>().dropout = rate;
  }
}

inline RunConfig small_run(const std::string& model, Norm norm) {
  RunConfig config;
  config.model = small_model(model);
  config.dataset.kind = DatasetKind::synthetic;
  config.dataset.standardize = config.model->defaults().standardize;  // as configs resolve
  config.dataset.train_limit = 203;  // with batches of 16: twelve, and a last one of 11
  config.dataset.validation_limit = config.dataset.test_limit = 100;
  config.norm.kind = norm;
  config.norm.groups = model == "cnn" ? 2 : 3;
  config.batch_size = 16;
  config.budget = {.epochs = 0, .steps = 30, .seconds = 0};
  config.evaluate_every = {.epochs = 0.5, .steps = 0};
  return config;
}

// Of both tasks' metrics, the first two.
inline double loss_of(const MetricValues& values) {
  return values.at(0);
}
inline double error_of(const MetricValues& values) {
  return values.at(1);
}

// Everything in an evaluation that must repeat, which is all but the times.
inline std::vector<double> numbers(const RunResult& result) {
  std::vector<double> all;
  for (const Evaluation& e : result.evaluations) {
    all.insert(all.end(), {e.epoch, double(e.step), double(e.samples), e.learning_rate, e.gradient_norm});
    all.insert(all.end(), e.train.begin(), e.train.end());
    all.insert(all.end(), e.validation.begin(), e.validation.end());
  }
  if (result.test) all.insert(all.end(), result.test->begin(), result.test->end());
  return all;
}

}  // namespace normlab::test
