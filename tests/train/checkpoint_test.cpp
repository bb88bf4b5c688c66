// A checkpoint is continued from whole or not at all: a damaged one costs time, never numbers or files.
#include "normlab/train/checkpoint.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

#include "files.h"
#include "normlab/core/checksum.h"
#include "normlab/core/error.h"
#include "normlab/train/position.h"
#include "throws.h"
#include "train/small_run.h"

namespace normlab {
namespace {

using nlohmann::json;
using test::numbers;
using test::small_run;
using testing::read_file;
using testing::write_file;

// A run that was stopped at its first evaluation, in the middle.
class StoppedRun {
 public:
  StoppedRun() {
    std::atomic<bool> stop = false;
    RunOptions options{.checkpoint = path(), .identity = "test", .stop = &stop};
    options.on_evaluation = [&](const Evaluation&) { stop = true; };
    REQUIRE(train(config, options).status == RunStatus::interrupted);
    content = read_file(path());
    whole = numbers(train(config, {}));
  }
  std::filesystem::path path() const { return folder.path() / "run.checkpoint"; }

  // Continues from a file of this content; true when it was set aside and the run had its whole numbers.
  bool is_set_aside(const std::string& damaged) const {
    const std::filesystem::path aside = folder.path() / "run.checkpoint.damaged-1";
    std::filesystem::remove(aside);
    write_file(path(), damaged);
    const RunResult result = train(config, {.checkpoint = path(), .identity = "test"});
    CHECK(numbers(result) == whole);
    const bool moved = std::filesystem::exists(aside) && read_file(aside) == damaged;
    CHECK(result.resumed == (moved ? 0 : 1));
    return moved;
  }

  test::TemporaryFolder folder;
  const RunConfig config = small_run("mlp", Norm::batch);
  std::string content;
  std::vector<double> whole;
};

// The checkpoint with its position changed, and everything else right, the checksum included.
template <class Change>
std::string with_position(const std::string& content, Change&& change) {
  std::uint64_t length = 0;
  std::memcpy(&length, content.data(), 8);
  nlohmann::ordered_json header = nlohmann::ordered_json::parse(content.substr(8, length));
  auto& metadata = header["__metadata__"];
  json position = json::parse(metadata["position"].get<std::string>());
  change(position);
  metadata["position"] = position.dump();
  metadata["checksum"] = std::string(16, '0');
  const std::string text = header.dump();
  const std::uint64_t before = std::exchange(length, text.size());
  std::string changed =
      std::string(reinterpret_cast<const char*>(&length), 8) + text + content.substr(8 + before);
  const std::size_t digits = changed.find(std::string(16, '0'));
  return changed.replace(digits, 16, fmt::format("{:016x}", checksum(changed)));
}

}  // namespace

TEST_CASE("a whole checkpoint is continued from") {
  const StoppedRun run;
  CHECK_FALSE(run.is_set_aside(run.content));
  CHECK_FALSE(run.is_set_aside(with_position(run.content, [](json&) {})));
}

TEST_CASE("a flipped bit anywhere in a checkpoint is seen") {
  const StoppedRun run;
  {
    // In place: a file that is written whole would go to the disk each time.
    std::fstream file(run.path(), std::ios::in | std::ios::out | std::ios::binary);
    const auto put = [&](std::size_t place, int byte) {
      file.seekp(static_cast<std::streamoff>(place)).put(static_cast<char>(byte)).flush();
      REQUIRE(file);
    };
    for (std::size_t i = 0; i < run.content.size(); i += 7) {
      put(i, run.content[i] ^ (1 << (i % 8)));
      CAPTURE(i);
      CHECK_THROWS_AS(Checkpoint(run.path(), "test"), CheckpointError);
      put(i, run.content[i]);
    }
  }
  std::string flipped = run.content;
  flipped[run.content.size() / 2] ^= 1;
  CHECK(run.is_set_aside(flipped));
}

TEST_CASE("a checkpoint that is cut, empty, no checkpoint or of an older version is set aside") {
  const StoppedRun run;
  CHECK(run.is_set_aside(""));
  CHECK(run.is_set_aside("short"));
  CHECK(run.is_set_aside(run.content.substr(0, 60)));
  CHECK(run.is_set_aside(run.content.substr(0, run.content.size() - 1)));
  CHECK(run.is_set_aside(run.content + "x"));
  CHECK(run.is_set_aside(std::string(1000, '{')));
  const std::string old = R"({"__metadata__":{"identity":"test","schema":"normlab.checkpoint/1"}})";
  const std::uint64_t length = old.size();
  write_file(run.path(), std::string(reinterpret_cast<const char*>(&length), 8) + old);
  test::check_throws_saying<CheckpointError>("older version", [&] { Checkpoint(run.path(), "test"); });
}

TEST_CASE("a position that cannot be is set aside, even where the checksum is right") {
  const StoppedRun run;
  const std::vector<std::pair<const char*, json>> changes = {
      {"/step", -1},
      {"/step", 1e15},
      {"/step", 1'000'000'000'000'000},
      {"/step", "6"},
      {"/step", 5},  // fewer than the times of steps
      {"/running/count", -1},
      {"/running/errors", 1'000'000},
      {"/running/loss", "0"},
      {"/step_times", json::array({json::array({-1, 6})})},
      {"/step_times", json::array({json::array({1'000'000'000, 6})})},
      {"/train_seconds", -1.0},
      {"/elapsed_seconds", nullptr},
      {"/resumed", std::numeric_limits<std::int64_t>::max()},
      {"/evaluations", 7},
      {"/evaluations/0/step", 1000},
      {"/evaluations/0/validation/loss", nullptr},
      {"/data_checksum", 7},
      {"/data_checksum", nullptr},
      {"/data_checksum", ""},
      {"/data_checksum", "0x12"}};
  for (const auto& one : changes) {
    const auto& path = one.first;
    const auto& value = one.second;
    CAPTURE(path);
    CAPTURE(value.dump());
    CHECK(run.is_set_aside(
        with_position(run.content, [&](json& position) { position[json::json_pointer(path)] = value; })));
  }
  CHECK(run.is_set_aside(with_position(run.content, [](json& position) { position.erase("running"); })));
}

TEST_CASE("a whole checkpoint of another run is refused and stays") {
  const StoppedRun run;
  write_file(run.path(), run.content);
  test::check_throws_saying<RequestError>("the checkpoint of another run (test)", [&] {
    train(run.config, {.checkpoint = run.path(), .identity = "another"});
  });
  CHECK(read_file(run.path()) == run.content);
}

TEST_CASE("nothing that was set aside before is lost when another checkpoint is") {
  const StoppedRun run;
  const std::string cut = run.content.substr(0, 100);
  for (const char* name : {"run.checkpoint.damaged-1", "run.checkpoint.damaged-2"}) {
    write_file(run.path(), cut);
    CHECK(numbers(train(run.config, {.checkpoint = run.path(), .identity = "test"})) == run.whole);
    CHECK(read_file(run.folder.path() / name) == cut);
  }
}

// The order of letters is all that the two texts differ in. Each has a file of its own, since a process reads
// a file once.
TEST_CASE("a checkpoint of other data is set aside, and one that names no data is continued from") {
  const test::TemporaryFolder folder;
  std::string text;
  for (int i = 0; i < 3000; ++i) text += static_cast<char>('a' + i * i / 7 % 23);
  write_file(folder.path() / "before", text);
  write_file(folder.path() / "after", std::string(text.rbegin(), text.rend()));
  const auto config_of = [&](const char* name) {
    RunConfig config = small_run("lstm", Norm::layer);
    config.dataset = {.kind = DatasetKind::text, .path = folder.path() / name};
    config.model.as<Recurrent>().window = 10;
    config.batch_size = 4;
    config.evaluate_every = {.epochs = 0, .steps = 10};
    return config;
  };
  const std::filesystem::path path = folder.path() / "run.checkpoint";
  const std::filesystem::path aside = folder.path() / "run.checkpoint.damaged-1";
  std::atomic<bool> stop = false;
  RunOptions options{.checkpoint = path, .identity = "test", .stop = &stop};
  options.on_evaluation = [&](const Evaluation&) { stop = true; };
  const RunResult begun = train(config_of("before"), options);
  REQUIRE(begun.status == RunStatus::interrupted);
  CHECK(begun.data_checksum == checksum_digits(text));
  const std::string content = read_file(path);
  const std::vector<double> whole = numbers(train(config_of("before"), {}));

  std::optional<Index> steps_before;
  options = {.checkpoint = path, .identity = "test"};
  options.on_ready = [&](Index steps) { steps_before = steps; };
  const RunResult changed = train(config_of("after"), options);
  CHECK(steps_before == 0);
  CHECK(changed.resumed == 0);
  CHECK(numbers(changed) == numbers(train(config_of("after"), {})));
  CHECK(numbers(changed) != whole);
  CHECK(read_file(aside) == content);

  std::filesystem::remove(aside);
  for (const std::string& same :
       {content, with_position(content, [](json& position) { position.erase("data_checksum"); })}) {
    write_file(path, same);
    const RunResult continued = train(config_of("before"), options);
    CHECK(steps_before == begun.clock.steps);
    CHECK(continued.resumed == 1);
    CHECK(numbers(continued) == whole);
    CHECK_FALSE(std::filesystem::exists(aside));
  }
}

TEST_CASE("a position in other data is refused for the data, whatever else it says") {
  test::check_throws_saying<CheckpointError>("the data has changed since", [] {
    require_same_data({{"step", 1e15}, {"data_checksum", "ab"}}, "cd");
  });
  CHECK_NOTHROW(require_same_data({{"data_checksum", "ab"}}, "ab"));
  CHECK_NOTHROW(require_same_data(json::object(), "ab"));
}

TEST_CASE("only what was a checkpoint is taken for one") {
  const StoppedRun run;
  const auto resembles = [&](const char* name, const std::string& content) {
    write_file(run.folder.path() / name, content);
    return resembles_checkpoint(run.folder.path() / name);
  };
  std::string flipped = run.content;
  flipped[60] ^= 1;
  CHECK(resembles("a", run.content));
  CHECK(resembles("b", flipped));
  CHECK(resembles("cut", run.content.substr(0, 60)));
  CHECK(resembles("c.checkpoint", ""));
  CHECK_FALSE(resembles("c", ""));
  CHECK_FALSE(resembles("d.checkpoint", "anything"));
  CHECK_FALSE(resembles("notes", "it mentions normlab.checkpoint/2"));
  CHECK_FALSE(resembles("notes.txt", "somebody's notes"));
  CHECK_FALSE(resembles("p.safetensors", encode_safetensors({}, {{"note", "parameters"}})));
}

}  // namespace normlab
