// The estimate of a network's memory against what its tensors and primitives really take from the heap.
#include "normlab/models/memory.h"

#include <doctest/doctest.h>
#include <malloc.h>

#include "normlab/optim/optimizer.h"

using namespace normlab;

namespace {

#ifdef NORMLAB_SANITIZED
constexpr bool allocator_tells = false;  // the sanitizers' does not say what it gave
#else
constexpr bool allocator_tells = true;
#endif

double heap_bytes() {
  const auto info = mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd);
}

struct Network {
  ModelSpec model;
  NormSpec norm;
  TaskShape task;
  GraphBatches batches;
};

double allocated(const Network& network) {
  const double before = heap_bytes();
  Parameters<float> parameters({.scheme = InitScheme::torch}, 1);
  std::vector<std::unique_ptr<ModelGraph<float>>> graphs;
  const auto record = [&](Index batch, Mode mode) {
    graphs.push_back(record_model(network.model, network.norm, network.task, batch, mode, parameters));
  };
  for (const Index batch : network.batches.training) record(batch, Mode::training);
  for (const Index batch : network.batches.evaluation) record(batch, Mode::evaluation);
  const Optimizer<float> optimizer({}, parameters);
  return heap_bytes() - before;
}

double estimated(const Network& network) {
  return model_memory(network.model, network.norm, {}, network.task, network.batches);
}

constexpr TaskShape images{.text = false, .height = 28, .width = 28, .classes = 10};
constexpr TaskShape text{.text = true, .classes = 60};

Network mlp(Norm norm) {
  return {.model = {.kind = ModelKind::mlp, .hidden = {1200, 1200}},
          .norm = {.kind = norm},
          .task = images,
          .batches = {{2048, 1024}, {256, 136}}};
}

Network cnn(Norm norm) {
  return {.model = {.kind = ModelKind::cnn, .blocks = {{16, 16}, {32}}, .dense = {64}},
          .norm = {.kind = norm},
          .task = images,
          .batches = {{128}, {256}}};
}

Network lstm_on_text(Norm norm) {
  return {.model = {.kind = ModelKind::lstm, .layers = 2, .hidden_size = 128, .window = 64},
          .norm = {.kind = norm},
          .task = text,
          .batches = {{64}, {32}}};
}

Network gru_on_pixels(Norm norm) {
  return {.model = {.kind = ModelKind::gru, .hidden_size = 48, .input = SequenceInput::pixels},
          .norm = {.kind = norm},
          .task = images,
          .batches = {{64}, {32}}};
}

Network bidirectional_rnn(Norm norm) {
  return {.model = {.kind = ModelKind::rnn, .layers = 3, .hidden_size = 300, .bidirectional = true},
          .norm = {.kind = norm},
          .task = images,
          .batches = {{128}, {256}}};
}

}  // namespace

TEST_CASE("the estimate of memory is within a quarter of what every kind of network takes" *
          doctest::skip(!allocator_tells)) {
  for (const Norm norm : {Norm::none, Norm::batch, Norm::layer, Norm::weight}) {
    for (const auto& make : {mlp, cnn, lstm_on_text, gru_on_pixels, bidirectional_rnn}) {
      const Network network = make(norm);
      const double ratio = estimated(network) / allocated(network);
      CAPTURE(static_cast<int>(network.model.kind));
      CAPTURE(static_cast<int>(norm));
      CAPTURE(estimated(network));
      CHECK(ratio > 0.8);
      CHECK(ratio < 1.25);
    }
  }
}

TEST_CASE("the estimate of memory sees what small layers in large numbers take" *
          doctest::skip(!allocator_tells)) {
  const auto check = [](const ModelSpec& model) {
    const Network deep{.model = model, .task = images, .batches = {{4}, {4}}};
    const double ratio = estimated(deep) / allocated(deep);
    CHECK(ratio > 0.7);
    CHECK(ratio < 1.5);
  };
  check({.kind = ModelKind::lstm, .layers = 200, .hidden_size = 2});
  check({.kind = ModelKind::mlp, .hidden = std::vector<Index>(3000, 2)});
}

TEST_CASE("sizes whose products no integer holds have an estimate, at once") {
  Network huge = lstm_on_text(Norm::layer);
  huge.model.layers = Index{1} << 40;
  CHECK(estimated(huge) > 1e15);
  huge.model.hidden_size = huge.model.window = huge.batches.training[0] = Index{1} << 40;
  CHECK(estimated(huge) > 1e40);
  CHECK(estimated(huge) < 1e60);
}
