// Texts in several languages, from the command line to the record.
#include <doctest/doctest.h>

#include <cmath>

#include "cli/program.h"
#include "normlab/experiment/config/json.h"

using namespace normlab;
using namespace normlab::testing;

namespace {

// 27 characters of German, 25 of Greek and 16 of Chinese, 128 bytes in all.
constexpr std::string_view sample =
    "Öde Räume, süße Äpfel: groß"
    "Μῆνιν ἄειδε, θεά, Πηληϊάδ"
    "道可道，非常道。名可名，非常名。";

std::string many_times(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

std::vector<std::string> text_run(const std::vector<std::string>& more) {
  std::vector<std::string> arguments{
      "run",     "--model", "lstm",  "--dataset",      "text:text", "--set",        "model.hidden_size=8",
      "--steps", "20",      "--set", "model.window=8", "--set",     "batch_size=4", "--quiet"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

Json record_of(const TemporaryFolder& folder, const char* name) {
  return parse_json(read_file(folder.path() / name), "record");
}

}  // namespace

TEST_CASE(
    "a text in three languages is trained on by characters, or by bytes, and each number has its name") {
  TemporaryFolder folder;
  write_file(folder.path() / "text", many_times(sample, 20));
  CHECK(run_program(folder.path(),
                    text_run({"--out", "c.json", "--target", "validation.bits_per_character<=9"}))
            .status == 0);
  CHECK(run_program(folder.path(), text_run({"--out", "b.json", "--set", "dataset.unit=byte"})).status == 0);
  for (const auto& [file, name, other] : {std::array{"c.json", "bits_per_character", "bits_per_byte"},
                                          std::array{"b.json", "bits_per_byte", "bits_per_character"}}) {
    const Json record = record_of(folder, file);
    for (const Json& metrics : {record["test"], record["evaluations"][0]["train"]}) {
      CHECK(metrics[name].get<double>() == doctest::Approx(metrics["loss"].get<double>() / std::log(2.0)));
      CHECK_FALSE(metrics.contains(other));
    }
    const Outcome shown = run_program(folder.path(), {"show", file});
    CHECK(contains(shown.out, name == std::string("bits_per_byte") ? "bits per byte" : "bits per character"));
  }
  CHECK(record_of(folder, "c.json")["status"] == "reached_target");
  const Outcome wrong =
      run_program(folder.path(),
                  text_run({"--set", "dataset.unit=byte", "--target", "validation.bits_per_character<=9"}));
  CHECK(wrong.status == 2);
  CHECK(contains(wrong.error, "bits_per_byte"));
}

TEST_CASE(
    "a text that is not UTF-8 is refused with the offset and nothing written, and trained on as bytes") {
  TemporaryFolder folder;
  write_file(folder.path() / "text",
             "Stra\xdf"
             "e, " +
                 many_times("in Latin-1 ", 200));
  const auto before = files_below(folder.path());
  const Outcome refused = run_program(folder.path(), text_run({}));
  CHECK(refused.status == 2);
  CHECK(contains(refused.error, "0xdf at offset 4"));
  CHECK(contains(refused.error, "dataset.unit=byte"));
  CHECK(files_below(folder.path()) == before);
  CHECK(run_program(folder.path(), text_run({"--set", "dataset.unit=byte"})).status == 0);
}

TEST_CASE("data check says what a text holds beside characters") {
  TemporaryFolder folder;
  write_file(folder.path() / "text", "\xef\xbb\xbf" + many_times(sample, 2) + "\r\n\r");
  const Outcome characters = run_program(folder.path(), {"data", "check", "text:text"});
  CHECK(characters.status == 0);
  CHECK(contains(characters.out, "test characters, 139 in all, 42 distinct"));
  CHECK(contains(characters.out, "byte order mark: at the start, left out of the text"));
  CHECK(contains(characters.out, "carriage returns: 2, 1 of them before a line feed"));
  const Outcome bytes = run_program(folder.path(), {"data", "check", "text:text", "--unit", "byte"});
  CHECK(contains(bytes.out, "test bytes, "));
  const Outcome images = run_program(folder.path(), {"data", "check", "synthetic", "--unit", "byte"});
  CHECK(images.status == 2);
}
