#include "normlab/data/text_data.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "data/idx_files.h"
#include "normlab/core/checksum.h"
#include "normlab/data/dataset_name.h"

using namespace normlab;
using namespace normlab::testing;
using namespace std::string_literals;

namespace {

DatasetSpec text_spec(const std::filesystem::path& file, double fraction = 0.2, Index limit = 0) {
  DatasetSpec spec = parse_dataset("text:" + file.string());
  spec.validation_fraction = fraction;
  spec.train_limit = limit;
  return spec;
}

// The text as code points, or as bytes.
std::u32string decode(const TextData& data, std::span<const CharacterId> ids) {
  std::u32string text;
  for (const CharacterId id : ids) text += data.vocabulary()[id];
  return text;
}

std::u32string whole(const TextData& data) {
  return decode(data, data.train()) + decode(data, data.validation()) + decode(data, data.test());
}

std::u32string decoded_bytes(const std::string& text) {
  std::u32string bytes;
  for (const char byte : text) bytes += static_cast<unsigned char>(byte);
  return bytes;
}

TextData data_of(const std::string& text, TextUnit unit = TextUnit::character) {
  DatasetSpec spec = text_spec("text");
  spec.unit = unit;
  return TextData(text, spec);
}

std::string load_error(const std::string& content, double fraction = 0.2, Index limit = 0) {
  TemporaryFolder folder;
  write_file(folder.path() / "text", content);
  return request_error([&] { load_text(text_spec(folder.path() / "text", fraction, limit)); });
}

}  // namespace

TEST_CASE("a text becomes sorted ids and three contiguous parts, plain or gzip") {
  TemporaryFolder folder;
  const std::string text = "the cat sat on the mat; \x7f\x01 end.";
  const std::string parts = text + text.substr(0, 1);  // 31 characters: 19 + 6 + 6
  for (const std::string& stored : {parts, gzip(parts)}) {
    write_file(folder.path() / "text", stored);
    const TextData data = load_text(text_spec(folder.path() / "text"));
    CHECK(std::is_sorted(data.vocabulary().begin(), data.vocabulary().end()));
    CHECK(data.vocabulary()[0] == 1);
    CHECK(data.vocabulary().back() == 0x7f);
    const std::size_t held = data.test().size();
    CHECK(held == static_cast<std::size_t>(std::lround(0.2 * static_cast<double>(parts.size()))));
    CHECK(data.validation().size() == held);
    CHECK(whole(data) == decoded_bytes(parts));
  }
}

#ifndef NORMLAB_SANITIZED  // the sanitizers reserve more address space than this leaves
TEST_CASE("a gzip trailer that claims 4 GB reserves no memory for them") {
  TemporaryFolder folder;
  std::string stored = gzip("a text of no great length");
  stored.replace(stored.size() - 4, 4, "\xff\xff\xff\xff");
  write_file(folder.path() / "text", stored);
  rlimit before{};
  ::getrlimit(RLIMIT_AS, &before);
  const rlimit limit{rlim_t{3} << 30, before.rlim_max};
  ::setrlimit(RLIMIT_AS, &limit);
  const std::string message = request_error([&] { load_text(text_spec(folder.path() / "text")); });
  ::setrlimit(RLIMIT_AS, &before);
  CHECK(contains(message, "corrupt"));
}
#endif

TEST_CASE("the limit keeps the start of the training text and leaves the other parts alone") {
  TemporaryFolder folder;
  write_file(folder.path() / "text", "abcdefghij0123456789");
  TextData data = load_text(text_spec(folder.path() / "text", 0.1, 5));
  const TextData moved = std::move(data);
  CHECK(decode(moved, moved.train()) == U"abcde");
  CHECK(decode(moved, moved.validation()) == U"67");
  CHECK(decode(moved, moved.test()) == U"89");
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

TEST_CASE("a text in UTF-8 is a sequence of its characters, whatever the language, sorted by code point") {
  const TextData data = data_of("Straße, Übermut. Μῆνιν ἄειδε. 道可道，非常道。🙂");
  CHECK(whole(data) == U"Straße, Übermut. Μῆνιν ἄειδε. 道可道，非常道。🙂");
  CHECK(std::is_sorted(data.vocabulary().begin(), data.vocabulary().end()));
  CHECK(data.vocabulary_size() == 27);
  CHECK(data.vocabulary().back() == U'🙂');
}

TEST_CASE("a text read byte by byte is a sequence of its bytes, whatever they are") {
  const std::string text = "Straße \xff\xfe\x80\xc3";
  CHECK(whole(data_of(text, TextUnit::byte)) == decoded_bytes(text));
  const std::string ascii = "every byte is a character";
  CHECK(whole(data_of(ascii, TextUnit::byte)) == whole(data_of(ascii)));
}

TEST_CASE("what is not UTF-8 is refused with its offset and the setting that reads it") {
  for (const std::string& wrong :
       {"\xff"s, "\x80"s, "\xc3"s, "\xc3("s, "\xe9 "s, "\xc0\xaf"s /* overlong */, "\xe0\x80\xaf"s,
        "\xf0\x8f\xbf\xbf"s, "\xed\xa0\x80"s /* a surrogate */, "\xf4\x90\x80\x80"s /* above U+10FFFF */,
        "\xf8\x88\x80\x80\x80"s, "\xe4\xb8"s}) {
    const std::string message = request_error([&] { data_of("Größe" + wrong); });
    CAPTURE(message);
    CHECK(contains(message, "dataset.path: \"text\" is not UTF-8"));
    CHECK(contains(message, "at offset 7 "));
    CHECK(contains(message, "dataset.unit=byte"));
  }
  // The ends of the ranges that are allowed.
  CHECK(whole(data_of(
            "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf")) ==
        U"\x7f\x80\u07ff\u0800\ud7ff\ue000\U00010000\U0010ffff");
}

TEST_CASE("a byte order mark at the start is no character of the text, and is said to be left out") {
  const std::string text =
      "\xef\xbb\xbf"
      "a text\xef\xbb\xbf with one in it";
  CHECK(whole(data_of(text)) == U"a text\ufeff with one in it");
  CHECK(whole(data_of(text, TextUnit::byte)) == decoded_bytes(text));
  CHECK(contains(request_error([] { data_of("\xef\xbb\xbf"); }), "is empty"));
  TemporaryFolder folder;
  write_file(folder.path() / "text", text);
  CHECK(contains(standard_error_of([&] { load_text(text_spec(folder.path() / "text")); }),
                 "byte order mark at the start of"));
}

TEST_CASE("the format of a text counts its carriage returns") {
  CHECK_FALSE(describe_format("a\nb").byte_order_mark);
  CHECK(describe_format("\xef\xbb\xbf").byte_order_mark);
  CHECK(describe_format("").carriage_returns == 0);
  const TextFormat both = describe_format("one\r\ntwo\rthree\r\n\r");
  CHECK(both.carriage_returns == 4);
  CHECK(both.carriage_returns_before_line_feeds == 2);
}

TEST_CASE(
    "as many different characters as ids can tell apart are taken, one more is refused with the count") {
  std::string text;
  const auto append = [&text](char32_t c) {  // four bytes each
    for (const char32_t byte :
         {0xf0 | c >> 18, 0x80 | (c >> 12 & 0x3f), 0x80 | (c >> 6 & 0x3f), 0x80 | (c & 0x3f)})
      text += static_cast<char>(byte);
  };
  for (char32_t c = 0; c < most_distinct_characters; ++c) append(0x10000 + c);
  const TextData data = data_of(text);
  CHECK(data.vocabulary_size() == 65536);
  CHECK(data.test().back() == 65535);
  append(0x20000);
  CHECK(contains(request_error([&] { data_of(text); }), "has 65537 distinct characters; at most 65536"));
}

TEST_CASE("the checksum of a text is that of what its file holds, packed or not") {
  const TemporaryFolder folder;
  std::string text;
  for (int i = 0; i < 100; ++i) text += "abc";
  write_file(folder.path() / "plain", text);
  write_file(folder.path() / "packed", gzip(text));
  CHECK(load_text(text_spec(folder.path() / "plain")).checksum() == checksum_digits(text));
  CHECK(load_text(text_spec(folder.path() / "packed")).checksum() == checksum_digits(text));
}
