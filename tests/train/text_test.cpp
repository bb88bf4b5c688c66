// Runs on texts, in any alphabet.
#include <doctest/doctest.h>

#include <cmath>
#include <fstream>

#include "normlab/train/trainer.h"
#include "train/small_run.h"

namespace normlab {
namespace {

std::string utf8_of_three_bytes(std::uint32_t code) {  // from U+0800 to U+FFFF
  return {static_cast<char>(0xe0 | code >> 12), static_cast<char>(0x80 | (code >> 6 & 0x3f)),
          static_cast<char>(0x80 | (code & 0x3f))};
}

RunResult train_on(const std::string& text, TextUnit unit = TextUnit::character) {
  const test::TemporaryFolder folder;
  std::ofstream(folder.path() / "text", std::ios::binary) << text;
  RunConfig config = test::small_run("lstm", Norm::layer);
  config.dataset = {.kind = DatasetKind::text, .path = folder.path() / "text", .unit = unit};
  config.model.as<Recurrent>().embedding = 6;
  config.model.as<Recurrent>().window = 10;
  config.batch_size = 4;
  config.budget.steps = 8;
  return train(config, {});
}

}  // namespace

TEST_CASE("a text gives the same numbers in another alphabet of the same order") {
  std::string latin, chinese;
  for (int i = 0; i < 3000; ++i) {
    const int letter = (i * i / 7 + i / 3) % 26;
    latin += static_cast<char>('a' + letter);
    chinese += utf8_of_three_bytes(0x4e00 + 3 * static_cast<std::uint32_t>(letter));
  }
  const RunResult result = train_on(latin);
  CHECK(test::numbers(result) == test::numbers(train_on(chinese)));
  CHECK(test::numbers(result) == test::numbers(train_on(latin, TextUnit::byte)));
  CHECK(train_on(chinese, TextUnit::byte).evaluations.back().samples == result.evaluations.back().samples);
  CHECK(test::numbers(result) != test::numbers(train_on(chinese, TextUnit::byte)));
}

TEST_CASE("a vocabulary of thousands of characters trains") {
  constexpr std::uint32_t characters = 5000;
  std::string text;
  for (std::uint32_t i = 0; i < 2 * characters; ++i) text += utf8_of_three_bytes(0x4e00 + i * 7 % characters);
  const RunResult result = train_on(text);
  CHECK(result.status == RunStatus::finished);
  const Evaluation& first = result.evaluations.front();
  CHECK(test::loss_of(first.validation) == doctest::Approx(std::log(double(characters))).epsilon(0.05));
  CHECK(first.validation.at(2) == doctest::Approx(std::log2(double(characters))).epsilon(0.05));
}

}  // namespace normlab
