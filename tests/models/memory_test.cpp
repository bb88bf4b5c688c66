// The estimate of a network's memory against what its tensors and primitives really take from the heap.
#include "normlab/models/memory.h"

#include <doctest/doctest.h>
#include <malloc.h>

#include "normlab/models/cnn.h"
#include "normlab/models/mlp.h"
#include "normlab/models/recurrent.h"
#include "normlab/nn/norm/norm_traits.h"
#include "normlab/optim/optimizer.h"
#include "normlab/tasks/classification.h"
#include "normlab/tasks/language_modelling.h"

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

const TaskShape images = classification_of({28, 28}, 10);
const TaskShape text = language_modelling_of(TextUnit::character, 60);

Network mlp(Norm norm) {
  return {.model = Mlp{.hidden = {1200, 1200}},
          .norm = {.kind = norm},
          .task = images,
          .batches = {{2048, 1024}, {256, 136}}};
}

Network cnn(Norm norm) {
  return {.model = Cnn{.blocks = {{16, 16}, {32}}, .dense = {64}},
          .norm = {.kind = norm},
          .task = images,
          .batches = {{128}, {256}}};
}

Network lstm_on_text(Norm norm) {
  return {.model = Recurrent{.cell = CellKind::lstm, .layers = 2, .hidden_size = 128, .window = 64},
          .norm = {.kind = norm},
          .task = text,
          .batches = {{64}, {32}}};
}

Network gru_on_pixels(Norm norm) {
  return {.model = Recurrent{.cell = CellKind::gru, .hidden_size = 48, .input = SequenceInput::pixels},
          .norm = {.kind = norm},
          .task = images,
          .batches = {{64}, {32}}};
}

Network bidirectional_rnn(Norm norm) {
  return {.model = Recurrent{.cell = CellKind::tanh, .layers = 3, .hidden_size = 300, .bidirectional = true},
          .norm = {.kind = norm},
          .task = images,
          .batches = {{128}, {256}}};
}

}  // namespace

TEST_CASE("the estimate of memory is within a quarter of what every kind of network takes" *
          doctest::skip(!allocator_tells)) {
  for (const Norm norm : {Norm::none, Norm::batch, Norm::layer, Norm::weight, Norm::dyt}) {
    for (const auto& make : {mlp, cnn, lstm_on_text, gru_on_pixels, bidirectional_rnn}) {
      const Network network = make(norm);
      if (network.model->undefined_reason(network.norm, 2)) continue;
      const double ratio = estimated(network) / allocated(network);
      CAPTURE(network.model->name());
      CAPTURE(static_cast<int>(norm));
      CAPTURE(estimated(network));
      CHECK(ratio > 0.8);
      CHECK(ratio < 1.25);
    }
  }
}

TEST_CASE("the estimate of memory is near where one kind of tensor takes most of it" *
          doctest::skip(!allocator_tells)) {
  struct Case {
    const char* most;
    ModelSpec model;
    TaskShape task;
    GraphBatches batches;
  };
  const TaskShape wide = classification_of({200, 200}, 10), small = classification_of({4, 4}, 10),
                  many_classes = classification_of({4, 4}, 20000),
                  long_text = language_modelling_of(TextUnit::character, 20000);
  const auto recurrent = [](CellKind cell, Index layers, Index hidden, SequenceInput input) {
    return Recurrent{
        .cell = cell, .layers = layers, .hidden_size = hidden, .input = input, .embedding = 1, .window = 8};
  };
  const auto rows = SequenceInput::rows;
  Recurrent both_ways = recurrent(CellKind::gru, 1, 64, rows);
  both_ways.bidirectional = true;
  Recurrent embedded = recurrent(CellKind::tanh, 1, 2, rows);
  embedded.embedding = 600;
  const Case cases[] = {
      {"the images", Mlp{.hidden = {2}}, wide, {{96}, {64}}},
      {"the classes", Mlp{.hidden = {2}}, many_classes, {{64}, {128}}},
      {"the weights", Mlp{.hidden = {1500, 1500}}, small, {{2}, {2}}},
      {"the images of a cnn", Cnn{.blocks = {{1}}, .dense = {}}, wide, {{64}, {32}}},
      {"the weights of convolutions", Cnn{.blocks = {{512, 256}}, .dense = {}}, small, {{2}, {2}}},
      {"the dense layers", Cnn{.blocks = {{8}}, .dense = {60}}, wide, {{2}, {2}}},
      {"the features", Cnn{.blocks = {{1}, {64}}, .dense = {}}, wide, {{32}, {48}}},
      {"the pixels", recurrent(CellKind::tanh, 1, 2, SequenceInput::pixels), small, {{9000}, {9000}}},
      {"the rows", recurrent(CellKind::lstm, 1, 2, rows), wide, {{128}, {64}}},
      {"the vocabulary", embedded, long_text, {{4}, {2}}},
      {"the characters' classes", recurrent(CellKind::gru, 1, 2, rows), long_text, {{16}, {24}}},
      {"the recurrent weights", recurrent(CellKind::gru, 1, 700, rows), small, {{1}, {1}}},
      {"the gates", recurrent(CellKind::gru, 1, 64, rows), wide, {{128}, {16}}},
      {"the states", recurrent(CellKind::lstm, 4, 64, rows), wide, {{96}, {48}}},
      {"two directions", both_ways, wide, {{64}, {64}}},
  };
  for (const Case& c : cases) {
    for (const Norm norm : all_norms()) {
      const NormSpec spec{.kind = norm, .groups = 32};  // so that what groups keep is much
      if (!traits(norm).recurrent || c.model->undefined_reason(spec, 2)) continue;
      const Network network{.model = c.model, .norm = spec, .task = c.task, .batches = c.batches};
      const double ratio = estimated(network) / allocated(network);
      CAPTURE(c.most);
      CAPTURE(static_cast<int>(norm));
      CHECK(ratio > 0.8);
      CHECK(ratio < 1.1);
    }
  }
}

TEST_CASE("the estimate of memory counts what dropout takes" * doctest::skip(!allocator_tells)) {
  const auto check = [](const ModelSpec& plain, const ModelSpec& dropped, const TaskShape& task) {
    const Network without{.model = plain, .norm = {}, .task = task, .batches = {{512}, {4}}};
    Network with = without;
    with.model = dropped;
    allocated(with);  // oneDNN keeps what it makes for the first time
    const double taken = allocated(with) - allocated(without);
    const double counted = estimated(with) - estimated(without);
    CAPTURE(plain->name());
    CHECK(taken > 100'000);
    CHECK(counted > 0.95 * taken);
    CHECK(counted < 1.05 * taken);
  };
  const TaskShape small = classification_of({8, 8}, 10);
  check(Mlp{.hidden = {60, 20}}, Mlp{.hidden = {60, 20}, .dropout = 0.5}, small);
  check(Cnn{.blocks = {{2}}, .dense = {60, 20}}, Cnn{.blocks = {{2}}, .dense = {60, 20}, .dropout = 0.5},
        small);
  const auto gru = [](double dropout) {
    return Recurrent{.cell = CellKind::gru, .layers = 3, .hidden_size = 20, .window = 8, .dropout = dropout};
  };
  check(gru(0), gru(0.5), small);
  check(gru(0), gru(0.5), text);
}

TEST_CASE("the estimate of memory knows which gains and biases are not learned") {
  Network network = mlp(Norm::layer);
  const double all = estimated(network);
  // Each with its gradient and Adam's two moments.
  const double vectors = 2 * 1200 * 4 * sizeof(float);
  network.norm.affine = Affine::gain;
  CHECK(all - estimated(network) == vectors);
  network.norm.affine = Affine::none;
  CHECK(all - estimated(network) == 2 * vectors);
}

TEST_CASE("the estimate of memory knows which gains and biases of recurrent layers are not learned" *
          doctest::skip(!allocator_tells)) {
  for (const CellKind cell : {CellKind::tanh, CellKind::lstm, CellKind::gru}) {
    for (const Norm norm : {Norm::batch, Norm::layer, Norm::rms}) {
      Network network{.model = Recurrent{.cell = cell, .hidden_size = 1000},
                      .norm = {.kind = norm},
                      .task = classification_of({2, 1}, 10),
                      .batches = {{2}, {2}}};
      const auto settled = [&] {
        allocated(network);  // oneDNN keeps what it makes for the first time
        return allocated(network);
      };
      double before = settled(), estimated_before = estimated(network);
      for (const Affine affine : {Affine::gain, Affine::none}) {
        if (!traits(norm).has_bias && affine == Affine::gain) continue;  // as all
        network.norm.affine = affine;
        const double after = settled(), estimated_after = estimated(network);
        CAPTURE(network.model->name());
        CAPTURE(static_cast<int>(norm));
        CAPTURE(static_cast<int>(affine));
        CHECK(before > after);
        CHECK((estimated_before - estimated_after) / (before - after) == doctest::Approx(1).epsilon(0.1));
        before = after;
        estimated_before = estimated_after;
      }
    }
  }
}

TEST_CASE("the estimate of memory knows of biases and activations before the norm" *
          doctest::skip(!allocator_tells)) {
  for (const Norm norm : {Norm::batch, Norm::layer, Norm::dyt}) {
    for (const auto& make : {mlp, cnn}) {
      Network network = make(norm);
      const double before = allocated(network), estimated_before = estimated(network);
      network.norm.position = NormPosition::after_activation;
      const double more = allocated(network) - before;
      CAPTURE(network.model->name());
      CAPTURE(static_cast<int>(norm));
      CHECK(more > 0);
      CHECK((estimated(network) - estimated_before) / more == doctest::Approx(1).epsilon(0.1));
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
  check(Recurrent{.cell = CellKind::lstm, .layers = 200, .hidden_size = 2});
  check(Mlp{.hidden = std::vector<Index>(3000, 2)});
}

TEST_CASE("sizes whose products no integer holds have an estimate, at once") {
  Network huge = lstm_on_text(Norm::layer);
  auto& model = huge.model.as<Recurrent>();
  model.layers = Index{1} << 40;
  CHECK(estimated(huge) > 1e15);
  model.hidden_size = model.window = huge.batches.training[0] = Index{1} << 40;
  CHECK(estimated(huge) > 1e40);
  CHECK(estimated(huge) < 1e60);
}
