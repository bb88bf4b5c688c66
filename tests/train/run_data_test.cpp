// How a task is cut into batches, as docs/design.md says: evaluation does not depend on the training's batch
// size.
#include "normlab/train/data_source.h"

#include <doctest/doctest.h>

#include <fstream>

#include "train/small_run.h"

namespace normlab {
namespace {

Index evaluation_batch(const std::string& kind, SequenceInput input, Index batch_size) {
  RunConfig config = test::small_run(kind, Norm::none);
  config.dataset.validation_fraction = 0.25;  // 1024 images
  config.dataset.validation_limit = config.dataset.test_limit = 0;
  if (kind == "lstm" || kind == "gru") config.model.as<Recurrent>().input = input;
  config.batch_size = batch_size;
  const RunData data = load_run_data(config);
  CHECK(data.load_test()->batch_size(0) == data.validation->batch_size(0));
  CHECK(data.validation->samples_per_epoch() == 1024);
  return data.validation->batch_size(0);
}

}  // namespace

TEST_CASE("images are evaluated 256 at a time, sequences of pixels 32, whatever the training's batch size") {
  for (const Index batch_size : {4, 50}) {
    CHECK(evaluation_batch("mlp", SequenceInput::rows, batch_size) == 256);
    CHECK(evaluation_batch("cnn", SequenceInput::pixels, batch_size) == 256);
    CHECK(evaluation_batch("lstm", SequenceInput::rows, batch_size) == 256);
    CHECK(evaluation_batch("gru", SequenceInput::pixels, batch_size) == 32);
  }
}

TEST_CASE("a text is evaluated in 32 streams, or as many as its part has whole windows") {
  test::TemporaryFolder folder;
  RunConfig config = test::small_run("rnn", Norm::none);
  config.dataset = {.kind = DatasetKind::text, .path = (folder.path() / "text").string()};
  config.dataset.validation_fraction = 0.25;
  config.model.as<Recurrent>().window = 10;
  config.batch_size = 3;
  for (const auto& one : {std::pair<int, Index>{4000, 32}, {400, 9}, {44, 1}}) {
    const auto& characters = one.first;
    const auto& streams = one.second;
    CAPTURE(characters);
    config.dataset.path += "s";  // a file that was not read before
    std::ofstream text(config.dataset.path);
    for (int i = 0; i < characters; ++i) text << (i % 3 == 0 ? 'a' : 'b');
    text.close();
    if (characters == 44) config.batch_size = 1;
    const RunData data = load_run_data(config);
    CHECK(data.train->batch_size(0) == config.batch_size);
    CHECK(data.train->samples(0) == config.batch_size * 10);
    CHECK(data.validation->batch_size(0) == streams);
    CHECK(data.load_test()->batch_size(0) == streams);
  }
}

}  // namespace normlab
