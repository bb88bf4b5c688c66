// What the commands do when all is well.
#include <doctest/doctest.h>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "cli/program.h"

using namespace normlab::testing;

TEST_CASE("--version names what matters for numbers") {
  TemporaryFolder folder;
  const Outcome outcome = run_program(folder.path(), {"--version"});
  CHECK(outcome.status == 0);
  CHECK(outcome.error.empty());
  for (const char* word : {"normlab", "oneDNN", "Highway", "compiler", "CPU", "threads"}) {
    CHECK(contains(outcome.out, word));
  }
}

TEST_CASE("every option that takes a value tells its default or is a path that is required") {
  TemporaryFolder folder;
  for (const char* command : {"run", "sweep", "report"}) {
    const Outcome outcome = run_program(folder.path(), {command, "--help"});
    CHECK(outcome.status == 0);
    CHECK(contains(outcome.out, "[default: "));
  }
  CHECK_FALSE(contains(run_program(folder.path(), {"--help"}).out, "run-child"));
}

TEST_CASE("a run writes its record, its parameters and a table, and leaves no checkpoint") {
  TemporaryFolder folder;
  const Outcome outcome =
      run_program(folder.path(),
                  quick_run({"--norm", "layer", "--target", "validation.error<=0.9", "--keep-training",
                             "--out", "new/record.json", "--save-parameters", "new/parameters.safetensors"}));
  CAPTURE(outcome.error);
  CHECK(outcome.status == 0);
  CHECK(contains(outcome.out, "mlp-layer-b32-s1-"));
  CHECK(contains(outcome.error, "epoch 2"));
  const auto record = nlohmann::json::parse(read_file(folder.path() / "new" / "record.json"));
  CHECK(record["status"] == "reached_target");
  CHECK(record["evaluations"].size() == 2);
  CHECK(files_below(folder.path()).size() == 3);
}

TEST_CASE("a network is described without being trained, and nothing is written") {
  TemporaryFolder folder;
  const Outcome outcome = run_program(
      folder.path(), {"run", "--dataset", "synthetic", "--model", "cnn", "--norm", "layer", "--describe"});
  CAPTURE(outcome.error);
  CHECK(outcome.status == 0);
  for (const char* word :
       {"layer", "kept bytes", "blocks.0.0", "convolution", "layer norm, relu, max pooling", "dense.0",
        "layer norm, relu ", "softmax cross-entropy", "all", "10 operations"})
    CHECK(contains(outcome.out, word));
  // Dynamic tanh is an operation by itself, here with alpha and a gain; layer norm learns nothing.
  const Outcome squashed =
      run_program(folder.path(), {"run", "--dataset", "synthetic", "--model", "cnn", "--norm", "dyt", "--set",
                                  "norm.affine=gain", "--describe"});
  for (const char* word :
       {"dynamic tanh, relu ", "[1] [32] ", "  max pooling", "12 operations", "421645 numbers"})
    CHECK(contains(squashed.out, word));
  const Outcome bare =
      run_program(folder.path(), {"run", "--dataset", "synthetic", "--model", "cnn", "--norm", "layer",
                                  "--set", "norm.affine=false", "--describe"});
  CHECK(contains(bare.out, "421418 numbers"));
  const Outcome recurrent = run_program(
      folder.path(), {"run", "--dataset", "synthetic", "--model", "gru", "--norm", "group", "--describe"});
  CHECK(contains(recurrent.out, "  gru, group norm  "));
  CHECK(files_below(folder.path()).empty());
  const Outcome refused = run_program(
      folder.path(), {"run", "--dataset", "synthetic", "--norm", "batch", "--batch-size", "1", "--describe"});
  CHECK(refused.status == 2);
  CHECK(contains(refused.error, "batch norm is not defined for a batch of one sample"));
}

TEST_CASE("a run starts from parameters that another run saved") {
  TemporaryFolder folder;
  CHECK(run_program(folder.path(), quick_run({"--save-parameters", "p.safetensors", "--out", "a.json"}))
            .status == 0);
  CHECK(run_program(folder.path(), quick_run({"--load-parameters", "p.safetensors", "--out", "b.json"}))
            .status == 0);
  const auto loss = [&](const char* file) {
    return nlohmann::json::parse(read_file(folder.path() / file))["evaluations"][0]["train"]["loss"]
        .get<double>();
  };
  CHECK(loss("b.json") < loss("a.json"));
}

TEST_CASE("--quiet leaves the table, and a dry run nothing but the list") {
  TemporaryFolder folder;
  const Outcome quiet = run_program(folder.path(), quick_run({"--quiet", "--out", "r.json"}));
  CHECK(quiet.error.empty());
  CHECK_FALSE(quiet.out.empty());
  write_file(folder.path() / "spec.json", R"({"base": {"dataset": "synthetic"},
                                            "grid": {"norm": ["none", "instance"], "batch_size": [4, 8]}})");
  const auto before = files_below(folder.path());
  const Outcome dry = run_program(folder.path(), {"sweep", "spec.json", "--dry-run"});
  CHECK(dry.status == 0);
  CHECK(std::count(dry.out.begin(), dry.out.end(), '\n') == 5);
  CHECK(contains(dry.out, "learning rate"));
  CHECK(contains(dry.error, "all this takes about "));
  CHECK(contains(dry.out, "mlp-instance-b8-s1-"));
  CHECK(contains(dry.out, "undefined: "));
  CHECK(files_below(folder.path()) == before);
}

TEST_CASE("a dry run counts what is finished, and estimates what is left") {
  TemporaryFolder folder;
  write_file(
      folder.path() / "spec.json",
      R"({"base": {"dataset": {"name": "synthetic", "train_limit": 200, "validation_limit": 100, "test_limit": 100}, "budget": {"steps": 2}},
                 "grid": {"norm": ["none", "layer"]}})");
  REQUIRE(run_program(folder.path(), {"sweep", "spec.json"}).status == 0);
  const Outcome ended = run_program(folder.path(), {"sweep", "spec.json", "--dry-run"});
  CHECK(contains(ended.error, "2 of them are finished already"));
  CHECK_FALSE(contains(ended.error, "all this takes"));
  for (const auto& entry : std::filesystem::directory_iterator(folder.path() / "results" / "spec" / "runs")) {
    std::filesystem::remove(entry.path());
    break;
  }
  const Outcome half = run_program(folder.path(), {"sweep", "spec.json", "--dry-run"});
  CHECK(contains(half.error, "1 of them are finished already"));
  CHECK(contains(half.error, "all this takes about "));
}

TEST_CASE("standard output that cannot be written is a failure") {
  TemporaryFolder folder;
  const std::string command = "'" + std::string(NORMLAB_PROGRAM) + "' completion bash > /dev/full 2> " +
                              (folder.path() / "error").string();
  const int status = std::system(command.c_str());
  CHECK(WEXITSTATUS(status) == 1);
  CHECK(contains(read_file(folder.path() / "error"), "standard output"));
}
