#include "normlab/analysis/export/tensorboard.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "synthetic_records.h"

using namespace normlab;
using json = nlohmann::json;

namespace {

std::string bytes_of(const std::filesystem::path& file) {
  std::ostringstream bytes;
  bytes << std::ifstream(file, std::ios::binary).rdbuf();
  return bytes.str();
}

// The messages in a file's frames.
std::vector<std::string> messages_of(const std::string& bytes) {
  std::vector<std::string> messages;
  for (std::size_t at = 0; at < bytes.size();) {
    std::uint64_t length = 0;
    REQUIRE(at + 16 <= bytes.size());
    std::memcpy(&length, bytes.data() + at, 8);
    REQUIRE(at + 16 + length <= bytes.size());
    messages.push_back(bytes.substr(at + 12, length));
    at += 16 + length;
  }
  return messages;
}

double seconds_of(const std::string& message) {
  double seconds = 0;
  REQUIRE(message.at(0) == '\x09');
  std::memcpy(&seconds, message.data() + 1, 8);
  return seconds;
}

// The number that follows a tag; empty where the message has no such tag.
std::vector<float> numbers_at(const std::string& message, const std::string& tag) {
  std::vector<float> numbers;
  const std::string field = "\x0a" + std::string(1, static_cast<char>(tag.size())) + tag + "\x15";
  for (std::size_t at = message.find(field); at != std::string::npos; at = message.find(field, at + 1)) {
    std::memcpy(&numbers.emplace_back(), message.data() + at + field.size(), 4);
  }
  return numbers;
}

std::filesystem::path event_file(const SyntheticSweep& sweep, const json& record) {
  return sweep.folder() / "logs" / with_own_id(record)["id"].get<std::string>() /
         "events.out.tfevents.normlab";
}

}  // namespace

TEST_CASE("a run's event file has its settings, an event for each evaluation, and the test at the last") {
  json record = synthetic_record({.norm = "layer", .epochs_to_target = 3, .test_error = 0.25});
  record["started"] = "2001-09-09T01:46:40Z";
  record["evaluations"][1]["gradient_norm"] = nullptr;
  record["evaluations"][2]["layers"] = {
      {{"name", "output"}, {"activation", {{"mean", 0.5}}}, {"gradient_norm", 4}}};
  SyntheticSweep sweep;
  sweep.add(record);
  write_tensorboard(sweep.folder() / "logs", load_sweep(sweep.folder()));
  const std::vector<std::string> messages = messages_of(bytes_of(event_file(sweep, record)));
  REQUIRE(messages.size() == 5);
  CHECK(messages[0].ends_with("brain.Event:2"));
  CHECK(seconds_of(messages[0]) == 1e9);
  CHECK(messages[1].find("norm.name") != std::string::npos);
  CHECK(messages[1].find("layer") != std::string::npos);
  CHECK(seconds_of(messages[2]) ==
        doctest::Approx(1e9 + record["evaluations"][0]["seconds"]["train"].get<double>()).epsilon(1e-15));
  CHECK(messages[3].substr(9, 3) == "\x10\xee\x1a");  // step 3438
  CHECK(numbers_at(messages[2], "validation/error") ==
        std::vector<float>{record["evaluations"][0]["validation"]["error"].get<float>()});
  CHECK(numbers_at(messages[2], "learning_rate") == std::vector<float>{1e-3F});
  CHECK(numbers_at(messages[2], "test/error").empty());
  CHECK(numbers_at(messages[4], "test/error") == std::vector<float>{0.25F});
  CHECK(numbers_at(messages[4], "layers/output/activation_mean") == std::vector<float>{0.5F});
  CHECK(numbers_at(messages[4], "layers/output/gradient_norm") == std::vector<float>{4});
  const std::vector<float> not_finite = numbers_at(messages[3], "gradient_norm");
  REQUIRE(not_finite.size() == 1);
  CHECK(std::isnan(not_finite[0]));
}

TEST_CASE(
    "layers before the first step are scalars at step 0, and those of both modes have tags of their own") {
  json record = synthetic_record({.norm = "batch", .epochs_to_target = 1});
  record["started"] = "2001-09-09T01:46:40Z";
  record["initial"]["layers"] = {
      {{"name", "output"}, {"activation", {{"mean", 0.5}}}, {"gradient_norm", 4}, {"weight_norm", 2}}};
  record["evaluations"][0]["modes"] = {{"training", {{"loss", 0.5}}}, {"evaluation", {{"loss", nullptr}}}};
  SyntheticSweep sweep;
  sweep.add(record);
  write_tensorboard(sweep.folder() / "logs", load_sweep(sweep.folder()));
  const std::vector<std::string> messages = messages_of(bytes_of(event_file(sweep, record)));
  REQUIRE(messages.size() == 4);
  CHECK(seconds_of(messages[2]) == 1e9);
  CHECK(numbers_at(messages[2], "layers/output/weight_norm") == std::vector<float>{2});
  CHECK(numbers_at(messages[2], "validation/error").empty());
  CHECK(numbers_at(messages[3], "validation/error").size() == 1);
  CHECK(numbers_at(messages[3], "modes/training/loss") == std::vector<float>{0.5F});
  const std::vector<float> not_finite = numbers_at(messages[3], "modes/evaluation/loss");
  REQUIRE(not_finite.size() == 1);
  CHECK(std::isnan(not_finite[0]));
}

TEST_CASE("runs that differ in the seed alone are one group for TensorBoard, and the same file comes again") {
  const json first = synthetic_record({.seed = 1}), second = synthetic_record({.seed = 2});
  const json other = synthetic_record({.norm = "rms"}),
             undefined = synthetic_record({.batch_size = 1, .status = "undefined"});
  SyntheticSweep sweep;
  for (const json& record : {first, second, other, undefined}) sweep.add(record);
  const SweepRecords records = load_sweep(sweep.folder());
  write_tensorboard(sweep.folder() / "logs", records);
  const auto group_of = [&](const json& record) {
    const std::string session = messages_of(bytes_of(event_file(sweep, record))).at(1);
    return session.substr(session.find("model.name="));
  };
  CHECK(group_of(first) == group_of(second));
  CHECK(group_of(first) != group_of(other));
  CHECK_FALSE(std::filesystem::exists(event_file(sweep, undefined)));
  const std::string before = bytes_of(event_file(sweep, first));
  write_tensorboard(sweep.folder() / "logs", records);
  CHECK(bytes_of(event_file(sweep, first)) == before);
}
