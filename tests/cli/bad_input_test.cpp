// Every kind of wrong request: exit status 2, one sentence on standard error that names what was wrong,
// nothing on standard output, and no file made or changed.
#include <doctest/doctest.h>

#include <algorithm>

#include "cli/program.h"

using namespace normlab::testing;

namespace {

// check_refused() for a run and for a sweep of one run.
void check_setting_refused(const std::string& setting, const std::vector<std::string>& words,
                           const std::string& base = R"({"dataset": "synthetic"})") {
  TemporaryFolder folder;
  write_file(folder.path() / "config.json", base);
  write_file(folder.path() / "spec.json", R"({"base": )" + base + R"(, "grid": {"seed": [1]}})");
  check_refused(folder.path(), {"run", "--config", "config.json", "--set", setting}, words);
  check_refused(folder.path(), {"sweep", "spec.json", "--set", setting}, words);
}

// check_refused() for the sweep of spec.json, and for its dry run.
void check_sweep_refused(const std::filesystem::path& folder, const std::vector<std::string>& more,
                         const std::vector<std::string>& words) {
  std::vector<std::string> arguments{"sweep", "spec.json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  check_refused(folder, arguments, words);
  arguments.emplace_back("--dry-run");
  check_refused(folder, arguments, words);
}

}  // namespace

TEST_CASE("unknown norms, models, data sets and settings are refused with the nearest name") {
  check_setting_refused("norm=layre", {"norm: ", "\"layre\"", "did you mean \"layer\"?"});
  check_setting_refused("model=lstn", {"model: ", "\"lstn\"", "did you mean \"lstm\"?"});
  check_setting_refused("dataset=minst", {"dataset: ", "\"minst\"", "did you mean \"mnist\"?"});
  check_setting_refused("optimizer=adma", {"optimizer: ", "\"adma\"", "did you mean \"adam\"?"});
  check_setting_refused("optimizer.learning_rat=1",
                        {"optimizer.learning_rat: ", "did you mean \"optimizer.learning_rate\"?"});
  check_setting_refused("batchsize=1", {"batchsize: ", "did you mean \"batch_size\"?"});
}

TEST_CASE("unknown options and commands are refused with the nearest name") {
  TemporaryFolder folder;
  check_refused(folder.path(), {"run", "--nrom", "layer"}, {"--nrom", "did you mean --norm?"});
  check_refused(folder.path(), {"run", "--batch-sise=3"}, {"--batch-sise", "did you mean --batch-size?"});
  check_refused(folder.path(), {"swep"}, {"swep", "did you mean sweep?"});
  check_refused(folder.path(), {"data", "chekc"}, {"chekc", "did you mean check?"});
  check_refused(folder.path(), {}, {"command", "run, sweep"});
  check_refused(folder.path(), {"run", "--batch-size"}, {"--batch-size"});
  check_refused(folder.path(), {"run", "extra"}, {"extra"});
  check_refused(folder.path(), {"sweep"}, {"spec"});
  check_refused(folder.path(), {"completion", "ksh"}, {"shell", "\"ksh\"", "bash, zsh, fish"});
}

TEST_CASE("batch sizes that are not positive or beyond the training set are refused") {
  check_setting_refused("batch_size=0", {"batch_size: 0"});
  check_setting_refused("batch_size=-4", {"batch_size: -4"});
  check_setting_refused("batch_size=100000", {"batch_size", "100000"});
  TemporaryFolder folder;
  check_refused(folder.path(), quick_run({"--batch-size", "0"}), {"batch_size: 0"});
  check_refused(folder.path(), quick_run({"--batch-size", "-4"}), {"batch_size: -4"});
  check_refused(folder.path(), quick_run({"--batch-size", "501"}), {"batch_size", "501", "500"});
}

TEST_CASE("batch normalization of one sample is refused") {
  TemporaryFolder folder;
  check_refused(folder.path(), quick_run({"--norm", "batch", "--batch-size", "1"}), {"batch"});
  check_refused(folder.path(), quick_run({"--norm", "instance"}), {"instance"});
}

TEST_CASE("targets that cannot be parsed, or name what the task does not have, are refused") {
  check_setting_refused("target=\"accuracy>0.9\"", {"target: "});
  check_setting_refused("target=\"validation.error<=\"", {"target: "});
  check_setting_refused("target=\"validation.bits_per_character<=2\"", {"target: ", "bits_per_character"});
  check_setting_refused("target=\"test.error<=0.1\"", {"target: ", "test"});
}

TEST_CASE("learning rates that are not finite and positive are refused") {
  for (const char* rate : {"0", "-0.1", "nan", "inf", "-inf", "1e999", "fast"}) {
    check_setting_refused(std::string("optimizer.learning_rate=") + rate,
                          {"optimizer.learning_rate: ", "above 0"});
  }
  TemporaryFolder folder;
  check_refused(folder.path(), quick_run({"--learning-rate", "nan"}), {"optimizer.learning_rate: \"nan\""});
}

TEST_CASE("specs that are no JSON, unknown or empty are refused") {
  TemporaryFolder folder;
  write_file(folder.path() / "broken.json", "{\"grid\": {\n  \"norm\": [\"layer\"\n}}");
  check_refused(folder.path(), {"sweep", "broken.json"}, {"broken.json", "line 3, column 1"});
  check_refused(folder.path(), {"run", "--config", "broken.json"}, {"broken.json", "line 3, column 1"});
  write_file(folder.path() / "empty.json", R"({"grid": {"norm": []}})");
  check_refused(folder.path(), {"sweep", "empty.json"}, {"grid.norm"});
  write_file(folder.path() / "nothing.json", R"({"name": "nothing"})");
  check_refused(folder.path(), {"sweep", "nothing.json"}, {"nothing to run"});
  write_file(folder.path() / "key.json", R"({"grdi": {"norm": ["layer"]}})");
  check_refused(folder.path(), {"sweep", "key.json"}, {"\"grdi\"", "did you mean \"grid\"?"});
  check_refused(folder.path(), {"sweep", "absent.json"}, {"absent.json"});
  check_refused(folder.path(), {"run", "--set", "batch_size=4,8"}, {"set: ", "batch_size=4,8"});
}

TEST_CASE("image folders that are missing or malformed are refused") {
  TemporaryFolder folder;
  const std::filesystem::path images = folder.path() / "images";
  const std::vector<std::string> arguments{"run", "--dataset", "idx:images", "--batch-size",
                                           "4",   "--epochs",  "1"};
  check_refused(folder.path(), arguments, {"dataset.path", "images"});
  std::filesystem::create_directory(images);
  check_refused(folder.path(), arguments, {"dataset.path", "images"});

  const auto check_with = [&](const char* file, const std::string& content,
                              const std::vector<std::string>& words) {
    write_image_set(images);
    write_file(images / file, content);
    check_refused(folder.path(), arguments, words);
    check_refused(folder.path(), {"data", "check", "idx:images"}, words);
  };
  check_with("train-images-idx3-ubyte", "not an image file at all", {"train-images-idx3-ubyte", "magic"});
  check_with("train-images-idx3-ubyte", images_content(40, 3, 2).substr(0, 100), {"train-images-idx3-ubyte"});
  check_with("train-labels-idx1-ubyte", labels_content(39, 4), {"train-labels-idx1-ubyte", "39", "40"});
  const std::string whole = gzip(images_content(40, 3, 2));
  check_with("train-images-idx3-ubyte", whole.substr(0, whole.size() / 2), {"train-images-idx3-ubyte"});
  std::string corrupt = whole;
  corrupt[corrupt.size() / 2] = static_cast<char>(corrupt[corrupt.size() / 2] ^ 0x55);
  check_with("train-images-idx3-ubyte", corrupt, {"train-images-idx3-ubyte"});
}

TEST_CASE("texts that are empty or missing are refused") {
  TemporaryFolder folder;
  write_file(folder.path() / "empty.txt", "");
  check_refused(folder.path(), {"run", "--dataset", "text:empty.txt", "--model", "lstm"},
                {"empty.txt", "empty"});
  check_refused(folder.path(), {"run", "--dataset", "text:absent.txt", "--model", "lstm"}, {"absent.txt"});
}

TEST_CASE("output folders that cannot be written are refused") {
  TemporaryFolder folder;
  write_file(folder.path() / "file", "x");
  write_file(folder.path() / "spec.json", R"({"base": {"dataset": "synthetic"}})");
  check_refused(folder.path(), quick_run({"--out", "file/record.json"}), {"out: ", "file"});
  check_refused(folder.path(), quick_run({"--out", "/proc/normlab/record.json"}), {"out: ", "/proc/normlab"});
  check_refused(folder.path(), quick_run({"--save-parameters", "file/x"}), {"save-parameters: "});
  check_sweep_refused(folder.path(), {"--out", "file"}, {"out: ", "\"file\""});
  check_sweep_refused(folder.path(), {"--out", "/proc/normlab"}, {"out: ", "/proc/normlab"});
  check_sweep_refused(folder.path(), {"--out", std::string(300, 'n')}, {"out: \"nnn", "File name too long"});
}

TEST_CASE("results of a different spec under the same name are refused") {
  TemporaryFolder folder;
  write_file(folder.path() / "spec.json",
             R"({"name": "small", "base": {"dataset": "synthetic", "budget": {"steps": 2}},
                                            "grid": {"norm": ["none", "layer"]}})");
  CHECK(run_program(folder.path(), {"sweep", "spec.json"}).status == 0);
  check_sweep_refused(folder.path(), {"--set", "norm=rms"}, {"out: ", "results/small", "--out"});
  write_file(folder.path() / "results" / "small" / "sweep.json", "{");
  // Damaged, it says nothing; the records tell whose folder it is.
  check_sweep_refused(folder.path(), {"--set", "norm=rms"}, {"out: ", "record of another run"});
}

TEST_CASE("a name that no folder can have is refused, by the dry run too") {
  TemporaryFolder folder;
  write_file(folder.path() / "spec.json",
             R"({"name": ")" + std::string(256, 'n') + R"(", "base": {"dataset": "synthetic"}})");
  check_sweep_refused(folder.path(), {}, {"name: \"nnn", "at most 255"});
}

TEST_CASE("a dry run refuses what stands in the place of a sweep's files, and leaves a folder as it is") {
  TemporaryFolder folder;
  write_file(folder.path() / "spec.json",
             R"({"base": {"dataset": {"name": "synthetic", "train_limit": 200, "validation_limit": 50},
                          "budget": {"steps": 20}}})");
  REQUIRE(run_program(folder.path(), {"sweep", "spec.json", "--out", "out", "--save-parameters"}).status ==
          0);
  const std::filesystem::path out = folder.path() / "out";
  const auto file_in = [&](const char* part) {
    return std::filesystem::directory_iterator(out / part)->path();
  };
  const std::filesystem::path parameters = file_in("parameters"), record = file_in("runs");
  std::filesystem::remove(parameters);
  std::filesystem::create_directory(parameters);
  check_sweep_refused(folder.path(), {"--out", "out", "--save-parameters"}, {"out: ", "it is a folder"});
  write_file(out / "summary.csv", "mine");
  check_sweep_refused(folder.path(), {"--out", "out"}, {"out: ", "it holds summary.csv"});
  std::filesystem::remove(out / "summary.csv");
  std::filesystem::remove(out / "lock");
  write_file(out / "sweep.json", "{");
  write_file(record, "{");
  write_file(out / "sweep.json.1.partial", "{");
  const auto before = files_below(out);
  const Outcome dry = run_program(folder.path(), {"sweep", "spec.json", "--out", "out", "--dry-run"});
  CHECK(dry.status == 0);
  CHECK_FALSE(contains(dry.error, "finished already"));
  CHECK(files_below(out) == before);
}

TEST_CASE("a run does not write over what is not its own record") {
  TemporaryFolder folder;
  write_file(folder.path() / "mine.json", "{\"mine\": 1}");
  check_refused(folder.path(), quick_run({"--steps", "1", "--out", "mine.json"}), {"out: ", "mine.json"});
  CHECK(read_file(folder.path() / "mine.json") == "{\"mine\": 1}");
}

TEST_CASE("parameters files that do not fit say which tensor") {
  TemporaryFolder folder;
  CHECK(run_program(folder.path(),
                    quick_run({"--steps", "1", "--save-initial-parameters", "start.safetensors"}))
            .status == 0);
  check_refused(folder.path(),
                quick_run({"--set", "model.hidden=[17]", "--load-parameters", "start.safetensors"}),
                {"initial_parameters: ", "weight", "[17, 784]"});
  check_refused(folder.path(), quick_run({"--norm", "layer", "--load-parameters", "start.safetensors"}),
                {"initial_parameters: ", "norm"});
  check_refused(folder.path(), quick_run({"--load-parameters", "absent.safetensors"}),
                {"absent.safetensors"});
  write_file(folder.path() / "text.safetensors", "these are no tensors");
  check_refused(folder.path(), quick_run({"--load-parameters", "text.safetensors"}), {"text.safetensors"});
}

TEST_CASE("more jobs than cores hold, and nonsense in their place, are refused") {
  TemporaryFolder folder;
  write_file(folder.path() / "spec.json", R"({"base": {"dataset": "synthetic"}})");
  check_refused(folder.path(), {"sweep", "spec.json", "--jobs", "100000"}, {"jobs: 100000", "core"});
  check_refused(folder.path(), {"sweep", "spec.json", "--jobs", "0"}, {"jobs: 0"});
  check_refused(folder.path(), {"sweep", "spec.json", "--threads", "100000"}, {"threads: 100000"});
  check_refused(folder.path(), {"sweep", "spec.json", "--checkpoint-seconds", "-1"},
                {"checkpoint-seconds: -1"});
}

TEST_CASE("reports and records that are not there are refused") {
  TemporaryFolder folder;
  write_file(folder.path() / "other.json", "{}");
  check_refused(folder.path(), {"report", "absent"}, {"absent"});
  check_refused(folder.path(), {"report", ".", "--format", "tabel"}, {"format", "did you mean \"table\"?"});
  check_refused(folder.path(), {"show", "absent.json"}, {"absent.json"});
  check_refused(folder.path(), {"show", "other.json"}, {"other.json"});
  check_refused(folder.path(), {"data", "fetch", "mnits"}, {"mnits", "did you mean \"mnist\"?"});
}
