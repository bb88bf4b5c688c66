// Where each model drops, and that it drops in training alone.
#include <doctest/doctest.h>

#include "normlab/models/cnn.h"
#include "normlab/models/mlp.h"
#include "normlab/models/model.h"
#include "normlab/models/recurrent.h"
#include "normlab/tasks/classification.h"
#include "normlab/tasks/language_modelling.h"

namespace normlab {
namespace {

const TaskShape small_images = classification_of({.height = 8, .width = 6}, 3);
const TaskShape small_text = language_modelling_of(TextUnit::character, 9);

std::vector<std::string> operations(const ModelSpec& model, const TaskShape& task, Mode mode) {
  Parameters<float> parameters({}, 1);
  std::vector<std::string> names;
  for (const OpDescription& op : record_model(model, {}, task, 2, mode, parameters)->graph.describe())
    names.push_back(op.name + (op.name == "dropout" ? " " + to_string(op.outputs[0]) : ""));
  return names;
}

std::vector<std::string> without_dropout(std::vector<std::string> names) {
  std::erase_if(names, [](const std::string& name) { return name.starts_with("dropout"); });
  return names;
}

// What is dropped, and the operation before it.
std::vector<std::string> drops(const ModelSpec& model, const TaskShape& task) {
  const auto names = operations(model, task, Mode::training);
  std::vector<std::string> found;
  for (std::size_t i = 1; i < names.size(); ++i) {
    if (names[i].starts_with("dropout")) found.push_back(names[i - 1] + ", " + names[i]);
  }
  return found;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("each model drops the outputs of its hidden layers") {
  CHECK(drops(Mlp{.hidden = {5, 4}, .dropout = 0.5}, small_images) ==
        Texts{"bias, relu, dropout [2, 5]", "bias, relu, dropout [2, 4]"});
  CHECK(drops(Cnn{.blocks = {{2}, {3}}, .dense = {7}, .dropout = 0.5}, small_images) ==
        Texts{"bias, relu, dropout [2, 7]"});
  Recurrent model{.cell = CellKind::lstm, .layers = 2, .hidden_size = 4, .window = 3, .dropout = 0.5};
  CHECK(drops(model, small_text) == Texts{"lstm, dropout [3, 2, 4]", "lstm, dropout [3, 2, 4]"});
  CHECK(drops(model, small_images) == Texts{"lstm, dropout [8, 2, 4]", "last step, dropout [2, 4]"});
  model.bidirectional = true;
  CHECK(drops(model, small_images) == Texts{"concatenate, dropout [8, 2, 8]", "concatenate, dropout [2, 8]"});
}

TEST_CASE("without dropout, and in evaluation, each model's operations are what they were") {
  const auto check = [](const ModelSpec& plain, const ModelSpec& dropped, const TaskShape& task) {
    const auto before = operations(plain, task, Mode::training);
    CHECK(without_dropout(before) == before);
    CHECK(without_dropout(operations(dropped, task, Mode::training)) == before);
    CHECK(operations(dropped, task, Mode::evaluation) == operations(plain, task, Mode::evaluation));
  };
  check(Mlp{.hidden = {5, 4}}, Mlp{.hidden = {5, 4}, .dropout = 0.5}, small_images);
  check(Cnn{.blocks = {{2}}, .dense = {7}}, Cnn{.blocks = {{2}}, .dense = {7}, .dropout = 0.5}, small_images);
  check(Recurrent{.layers = 2}, Recurrent{.layers = 2, .dropout = 0.5}, small_images);
  check(Recurrent{.layers = 2}, Recurrent{.layers = 2, .dropout = 0.5}, small_text);
}

TEST_CASE("a network's graphs of all batch sizes drop by the one step that its parameters tell") {
  Parameters<float> parameters({}, 1);
  const ModelSpec model = Mlp{.hidden = {40}, .dropout = 0.5};
  const auto whole = record_model(model, {}, small_images, 4, Mode::training, parameters);
  const auto last = record_model(model, {}, small_images, 3, Mode::training, parameters);
  const auto output = [](ModelGraph<float>& graph, std::size_t samples) {
    graph.buffers.images(input::images).values->data.fill(1);
    graph.graph.forward();
    const auto logits = graph.graph.tracked().back().output->data.span();
    return std::vector<float>(logits.begin(), logits.begin() + static_cast<std::ptrdiff_t>(3 * samples));
  };
  parameters.set_step(7);
  const auto first = output(*whole, 3);
  CHECK(output(*last, 3) == first);
  parameters.set_step(8);
  CHECK(output(*whole, 3) != first);
  CHECK(output(*last, 3) != first);
}

}  // namespace normlab
