#include "normlab/data/text_data.h"

#include <fmt/format.h>

#include <algorithm>

#include "normlab/core/checksum.h"
#include "normlab/core/error.h"
#include "normlab/core/log.h"
#include "normlab/core/utf8.h"
#include "normlab/data/dataset_name.h"
#include "normlab/data/input_file.h"
#include "normlab/data/splits.h"

namespace normlab {
namespace {

constexpr Index held_out_parts = 2;  // validation and test

[[noreturn]] void refuse_encoding(const std::string& path, std::size_t offset, std::uint8_t byte) {
  refuse_file("dataset.path", path,
              fmt::format("is not UTF-8: no character starts with the byte 0x{:02x} at offset {} and what "
                          "follows it; dataset.unit=byte reads the file byte by byte",
                          byte, offset));
}

// Calls visit(code point) for the characters in their order, or visit(byte) for the bytes.
template <class Visit>
void for_each_unit(std::string_view content, const DatasetSpec& spec, Visit&& visit) {
  if (spec.unit == TextUnit::byte) {
    for (const char byte : content) visit(std::uint32_t{static_cast<std::uint8_t>(byte)});
    return;
  }
  for (std::size_t offset = 0; offset < content.size();) {
    const Utf8Character character = first_character(content.substr(offset));
    if (character.bytes == 0) refuse_encoding(spec.path, offset, static_cast<std::uint8_t>(content[offset]));
    if (offset > 0 || character.code != byte_order_mark) visit(character.code);
    offset += character.bytes;
  }
}

bool starts_with_byte_order_mark(std::string_view content) {
  return !content.empty() && first_character(content).code == byte_order_mark;
}

void require_vocabulary(const std::string& path, std::size_t total, std::size_t distinct) {
  if (total == 0) refuse_file("dataset.path", path, "is empty; a text is needed");
  if (distinct < 2) {
    refuse_file("dataset.path", path,
                fmt::format("has one distinct character in {}; at least two are needed", total));
  }
  if (distinct > most_distinct_characters) {
    refuse_file("dataset.path", path,
                fmt::format("has {} distinct characters; at most {} are allowed, and dataset.unit=byte reads "
                            "the file byte by byte",
                            distinct, most_distinct_characters));
  }
}

}  // namespace

std::string_view plural_name(TextUnit unit) {
  return unit == TextUnit::byte ? "bytes" : "characters";
}

TextFormat describe_format(std::string_view content) {
  TextFormat format;
  format.byte_order_mark = starts_with_byte_order_mark(content);
  for (std::size_t i = 0; i < content.size(); ++i) {
    if (content[i] != '\r') continue;
    ++format.carriage_returns;
    if (i + 1 < content.size() && content[i + 1] == '\n') ++format.carriage_returns_before_line_feeds;
  }
  return format;
}

TextData::TextData(std::string_view content, const DatasetSpec& spec)
    : path_(spec.path), unit_(spec.unit), checksum_(checksum_digits(content)) {
  std::vector<std::uint8_t> present(code_points);  // flags; not vector<bool>, which is slower
  std::size_t total = 0;
  for_each_unit(content, spec, [&](std::uint32_t unit) {
    if (present[unit] == 0) vocabulary_.push_back(unit);
    present[unit] = 1;
    ++total;
  });
  std::ranges::sort(vocabulary_);
  require_vocabulary(path_, total, vocabulary_.size());
  std::vector<CharacterId> id_of(vocabulary_.back() + 1);
  for (std::size_t id = 0; id < vocabulary_.size(); ++id)
    id_of[vocabulary_[id]] = static_cast<CharacterId>(id);
  ids_.resize(total);
  CharacterId* next = ids_.data();
  for_each_unit(content, spec, [&](std::uint32_t unit) { *next++ = id_of[unit]; });
  split(spec);
}

void TextData::split(const DatasetSpec& spec) {
  const auto count = static_cast<Index>(ids_.size());
  const Index held_out = held_out_count(count, spec.validation_fraction, held_out_parts);
  const Index remaining = count - held_out_parts * held_out;
  const auto kept =
      static_cast<std::size_t>(kept_for_training(remaining, spec.train_limit, plural_name(unit_)));
  const std::span<const CharacterId> all(ids_);
  const auto held = static_cast<std::size_t>(held_out);
  train_ = all.first(kept);
  const auto first_of = [](std::span<const CharacterId> part, Index length) {
    return part.first(static_cast<std::size_t>(length));
  };
  validation_ = first_of(all.subspan(static_cast<std::size_t>(remaining), held),
                         kept_for_validation(held_out, spec.validation_limit, plural_name(unit_)));
  test_ = first_of(all.last(held), kept_for_test(held_out, spec.test_limit, plural_name(unit_)));
}

void TextData::require_window(Index batch_size, Index window, Index evaluation_batch_size) const {
  const auto check = [&](std::string_view part, std::span<const CharacterId> ids, Index streams) {
    const Index needed = TextBatches::minimum_characters(streams, window);
    if (static_cast<Index>(ids.size()) >= needed) return;
    refuse_file("dataset.path", path_,
                fmt::format("is too short: its {} part has {} {}; a window of {} steps of {} streams needs "
                            "at least {}",
                            part, ids.size(), plural_name(unit_), window, streams, needed));
  };
  const Index evaluation = evaluation_batch_size > 0 ? evaluation_batch_size : batch_size;
  check("training", train_, batch_size);
  check("validation", validation_, evaluation);
  check("test", test_, evaluation);
}

Bytes read_text_content(const DatasetSpec& spec) {
  InputFile file(text_file(spec), "dataset.path");
  return file.take(~std::uint64_t{0});
}

TextData load_text(const DatasetSpec& spec) {
  if (!is_text(spec)) refuse("dataset", dataset_name(spec), "a text is needed: text:FILE");
  const Bytes content = read_text_content(spec);
  TextData data(content.text(), spec);
  if (spec.unit == TextUnit::character && starts_with_byte_order_mark(content.text())) {
    log_info(fmt::format("the byte order mark at the start of {} is left out of the text",
                         text_file(spec).string()));
  }
  return data;
}

}  // namespace normlab
