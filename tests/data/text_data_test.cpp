#include "normlab/data/text_data.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "data/idx_files.h"
#include "normlab/data/registry.h"

using namespace normlab;
using namespace normlab::testing;

namespace {

DatasetSpec text_spec(const std::filesystem::path& file, double fraction = 0.2, Index limit = 0) {
  DatasetSpec spec = parse_dataset("text:" + file.string());
  spec.validation_fraction = fraction;
  spec.train_limit = limit;
  return spec;
}

std::string decode(const TextData& data, std::span<const std::uint8_t> ids) {
  std::string text;
  for (const std::uint8_t id : ids) text += static_cast<char>(data.vocabulary()[id]);
  return text;
}

std::string load_error(const std::string& content, double fraction = 0.2, Index limit = 0) {
  TemporaryFolder folder;
  write_file(folder.path() / "text", content);
  return request_error([&] { load_text(text_spec(folder.path() / "text", fraction, limit)); });
}

}  // namespace

TEST_CASE("a text becomes sorted ids and three contiguous parts, plain or gzip") {
  TemporaryFolder folder;
  const std::string text = "the cat sat on the mat; \xff\x80 end.";
  const std::string parts = text + text.substr(0, 1);  // 31 characters: 19 + 6 + 6
  for (const std::string& stored : {parts, gzip(parts)}) {
    write_file(folder.path() / "text", stored);
    const TextData data = load_text(text_spec(folder.path() / "text"));
    CHECK(std::is_sorted(data.vocabulary().begin(), data.vocabulary().end()));
    CHECK(data.vocabulary()[0] == ' ');
    CHECK(data.vocabulary().back() == 0xff);
    const std::size_t held = data.test().size();
    CHECK(held == static_cast<std::size_t>(std::lround(0.2 * static_cast<double>(parts.size()))));
    CHECK(data.validation().size() == held);
    CHECK(decode(data, data.train()) + decode(data, data.validation()) + decode(data, data.test()) == parts);
  }
}

TEST_CASE("the limit keeps the start of the training text and leaves the other parts alone") {
  TemporaryFolder folder;
  write_file(folder.path() / "text", "abcdefghij0123456789");
  TextData data = load_text(text_spec(folder.path() / "text", 0.1, 5));
  const TextData moved = std::move(data);
  CHECK(decode(moved, moved.train()) == "abcde");
  CHECK(decode(moved, moved.validation()) == "67");
  CHECK(decode(moved, moved.test()) == "89");
}

TEST_CASE("texts that cannot be trained on are refused by field") {
  CHECK(contains(request_error([] { load_text(text_spec("/nonexistent/text")); }),
                 "dataset.path: \"/nonexistent"));
  CHECK(contains(request_error([] { load_text(text_spec("/")); }), "is a folder"));
  CHECK(contains(load_error(""), "is empty"));
  CHECK(contains(load_error(gzip("")), "is empty"));
  CHECK(contains(load_error("aaaaaaaa"), "one distinct character"));
  CHECK(contains(load_error(gzip("a sound text").substr(0, 20)), "truncated"));
  CHECK(contains(load_error("ab", 0.2), "dataset.validation_fraction"));
  CHECK(contains(load_error("abcdefgh", 0.5), "dataset.validation_fraction: 0.5 is not allowed"));
  CHECK(contains(load_error("abcdefgh", 0.2, 100), "dataset.train_limit: 100"));
}

TEST_CASE("a text too short for one window is refused with what is needed, part by part") {
  TemporaryFolder folder;
  write_file(folder.path() / "text", std::string(50, 'a') + std::string(50, 'b'));
  const TextData data = load_text(text_spec(folder.path() / "text", 0.2));  // 60 + 20 + 20
  CHECK(request_error([&] { data.require_window(1, 19); }).empty());
  const std::string validation = request_error([&] { data.require_window(2, 10); });
  CHECK(contains(validation, "dataset.path: "));
  CHECK(contains(validation, "validation part has 20 characters"));
  CHECK(contains(validation, "at least 21"));
  CHECK(request_error([&] { data.require_window(2, 10, 1); }).empty());
  CHECK(contains(request_error([&] { data.require_window(6, 10, 1); }), "training part has 60 characters"));
}
