// Data that change between two processes of one run, or after it: never mixed, and never in silence.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/program.h"
#include "normlab/core/checksum.h"

using namespace normlab::testing;
using nlohmann::json;
namespace filesystem = std::filesystem;

namespace {

// Of equal length and alphabet: nothing but the order of letters differs.
std::string letters(bool reversed) {
  std::string text;
  for (int i = 0; i < 6000; ++i) text += static_cast<char>('a' + i * i / 7 % 23);
  if (reversed) std::reverse(text.begin(), text.end());
  return text;
}

// Thousands of steps take a second or so: long enough to be interrupted in the middle.
std::vector<std::string> run_on_text(const std::string& steps, const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{"run",
                                     "--dataset",
                                     "text:my.txt",
                                     "--model",
                                     "lstm",
                                     "--set",
                                     "model.hidden_size=8",
                                     "--steps",
                                     steps,
                                     "--batch-size",
                                     "4",
                                     "--set",
                                     "model.window=8",
                                     "--evaluate-every-steps",
                                     "20",
                                     "--set",
                                     "dataset.validation_limit=40",
                                     "--out",
                                     "r.json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

std::string sweep_on_text(int steps) {
  return fmt::format(R"({{"name": "s", "base": {{"dataset": {{"name": "text:my.txt", "validation_limit": 40}},
    "model": {{"name": "lstm", "hidden_size": 8, "window": 8}}, "batch_size": 4, "budget": {{"steps": {}}},
    "evaluate_every": {{"steps": 20}}}}, "grid": {{"norm": ["none", "layer"]}}}})",
                     steps);
}

json read_record(const filesystem::path& file) {
  return json::parse(read_file(file));
}

std::vector<json> losses_of(const json& record) {
  std::vector<json> losses{record["test"]["loss"]};
  for (const json& evaluation : record["evaluations"])
    losses.insert(losses.end(), {evaluation["train"]["loss"], evaluation["validation"]["loss"]});
  return losses;
}

// Stops the program when `begun` holds.
template <class Begun>
void interrupt(const filesystem::path& folder, const std::vector<std::string>& arguments, Begun&& begun) {
  Program program(folder, arguments);
  REQUIRE(wait_until([&] { return begun(program); }));
  program.send(SIGINT);
  REQUIRE(program.wait().status == 130);
}

void interrupt_run(const filesystem::path& folder, const std::vector<std::string>& arguments) {
  interrupt(folder, arguments,
            [](const Program& program) { return contains(program.error_so_far(), "epoch "); });
}

// The file with this ending; "" when there is none.
filesystem::path file_ending(const filesystem::path& folder, std::string_view ending) {
  std::error_code absent;
  for (const auto& entry : filesystem::directory_iterator(folder, absent))
    if (entry.path().string().ends_with(ending)) return entry.path();
  return {};
}

}  // namespace

TEST_CASE("a run whose text changed since its checkpoint starts again, and has the new text's numbers") {
  TemporaryFolder folder;
  const filesystem::path text = folder.path() / "my.txt", record = folder.path() / "r.json";
  write_file(text, letters(true));
  REQUIRE(run_program(folder.path(), run_on_text("4000")).status == 0);
  const json wanted = read_record(record);
  CHECK(wanted["data_checksum"] == normlab::checksum_digits(letters(true)));
  filesystem::remove(record);
  write_file(text, letters(false));
  interrupt_run(folder.path(), run_on_text("4000"));
  CHECK(read_record(record)["data_checksum"] == normlab::checksum_digits(letters(false)));
  write_file(text, letters(true));
  const Outcome outcome = run_program(folder.path(), run_on_text("4000"));
  CAPTURE(outcome.error);
  CHECK(outcome.status == 0);
  CHECK(contains(outcome.error, "set aside as r.checkpoint.damaged-1, because the data has changed since"));
  CHECK_FALSE(contains(outcome.error, "continuing from"));
  CHECK(filesystem::exists(folder.path() / "r.checkpoint.damaged-1"));
  const json found = read_record(record);
  CHECK(found["data_checksum"] == wanted["data_checksum"]);
  CHECK(found["resumed"] == 0);
  CHECK(losses_of(found) == losses_of(wanted));
}

TEST_CASE("a run whose text is as it was says from which step it continues") {
  TemporaryFolder folder;
  write_file(folder.path() / "my.txt", letters(false));
  interrupt_run(folder.path(), run_on_text("4000"));
  write_file(folder.path() / "my.txt", letters(false));  // a new file with the old content
  const Outcome outcome = run_program(folder.path(), run_on_text("4000"));
  CHECK(outcome.status == 0);
  CHECK(contains(outcome.error, "continuing from r.checkpoint at step "));
  CHECK(read_record(folder.path() / "r.json")["resumed"] == 1);
}

TEST_CASE("a run that has ended says that its text changed since, and shows its record all the same") {
  TemporaryFolder folder;
  const auto again = [&](const std::vector<std::string>& more = {}) {
    return run_program(folder.path(), run_on_text("40", more));
  };
  const char* const changed = "the data has changed since the record was made; --again";
  write_file(folder.path() / "my.txt", letters(false));
  REQUIRE(again().status == 0);
  const std::string before = read_file(folder.path() / "r.json");
  CHECK_FALSE(contains(again().error, "the data"));
  write_file(folder.path() / "my.txt", letters(true));
  const Outcome warned = again();
  CHECK(warned.status == 0);
  CHECK(contains(warned.error, changed));
  CHECK(warned.out == run_program(folder.path(), {"show", "r.json"}).out);
  CHECK(read_file(folder.path() / "r.json") == before);
  filesystem::remove(folder.path() / "my.txt");
  const Outcome gone = again();
  CHECK(gone.status == 0);
  CHECK(gone.out == warned.out);
  CHECK(contains(gone.error, "whether the data has changed since the record was made cannot be told"));
  json older = json::parse(before);
  older.erase("data_checksum");
  write_file(folder.path() / "r.json", older.dump());
  CHECK_FALSE(contains(again().error, "the data"));
  write_file(folder.path() / "r.json", before);
  write_file(folder.path() / "my.txt", letters(true));
  CHECK(again({"--again"}).status == 0);
  CHECK_FALSE(contains(again().error, "the data"));
}

TEST_CASE("a sweep says how many finished runs had other data, and leaves them as they are") {
  TemporaryFolder folder;
  write_file(folder.path() / "s.json", sweep_on_text(20));
  write_file(folder.path() / "my.txt", letters(false));
  REQUIRE(run_program(folder.path(), {"sweep", "s.json", "--out", "out"}).status == 0);
  filesystem::remove(file_ending(folder.path() / "out" / "runs", ".json"));
  const auto records = files_below(folder.path() / "out" / "runs");
  write_file(folder.path() / "my.txt", letters(true));
  const Outcome first = run_program(folder.path(), {"sweep", "s.json", "--out", "out"});
  CAPTURE(first.error);
  CHECK(first.status == 0);
  CHECK(contains(first.error,
                 "1 of 1 finished runs were trained on other data than is there now; a new folder"));
  const auto after = files_below(folder.path() / "out" / "runs");
  CHECK(after.size() == 2);
  CHECK(after.at(records.begin()->first) == records.begin()->second);
  const Outcome second = run_program(folder.path(), {"sweep", "s.json", "--out", "out"});
  CHECK(contains(second.error, "1 of 2 finished runs were trained on other data"));
  CHECK(run_program(folder.path(), {"sweep", "s.json", "--out", "new"}).status == 0);
  CHECK_FALSE(contains(run_program(folder.path(), {"sweep", "s.json", "--out", "new"}).error,
                       "were trained on other"));
}

TEST_CASE("a sweep says how many runs continue, and keeps nothing of a run whose data changed since") {
  TemporaryFolder folder;
  write_file(folder.path() / "s.json", sweep_on_text(200'000));
  write_file(folder.path() / "my.txt", letters(false));
  const std::vector<std::string> arguments{"sweep", "s.json", "--out", "out", "--jobs", "1"};
  const filesystem::path checkpoints = folder.path() / "out" / "checkpoints";
  interrupt(folder.path(), arguments,
            [&](const Program&) { return !file_ending(checkpoints, ".evaluations").empty(); });
  const filesystem::path log = file_ending(checkpoints, ".evaluations");
  REQUIRE_FALSE(file_ending(checkpoints, ".checkpoint").empty());
  const std::string before = read_file(log);
  const char* const left = "0 of 2 runs are finished already; 2 to go, 1 of them from its checkpoint";
  std::string said;
  interrupt(folder.path(), arguments, [&](const Program& program) {
    said = program.error_so_far();
    return read_file(log) != before;
  });
  CHECK(contains(said, left));
  CHECK(read_file(log).starts_with(before));
  write_file(folder.path() / "my.txt", letters(true));
  const std::string longer = read_file(log);
  interrupt(folder.path(), arguments, [&](const Program&) {
    const std::string now = read_file(log);
    return !now.empty() && now != longer;
  });
  CHECK_FALSE(file_ending(checkpoints, ".damaged-1").empty());
  CHECK_FALSE(read_file(log).starts_with(before));
}
