#include "normlab/data/text_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "normlab/core/error.h"
#include "normlab/data/batches.h"
#include "normlab/data/input_file.h"
#include "normlab/data/registry.h"
#include "normlab/data/splits.h"

namespace normlab {
namespace {

constexpr Index held_out_parts = 2;  // validation and test

std::vector<std::uint8_t> distinct_bytes(std::span<const std::uint8_t> content) {
  std::array<bool, 256> present{};
  for (const std::uint8_t byte : content) present[byte] = true;
  std::vector<std::uint8_t> distinct;
  for (std::size_t byte = 0; byte < present.size(); ++byte) {
    if (present[byte]) distinct.push_back(static_cast<std::uint8_t>(byte));
  }
  return distinct;
}

std::vector<std::uint8_t> read_content(const DatasetSpec& spec) {
  InputFile file(text_file(spec), "dataset.path");
  std::vector<std::uint8_t> content;
  file.append(~std::uint64_t{0}, content);
  return content;
}

}  // namespace

TextData::TextData(std::vector<std::uint8_t> content, const DatasetSpec& spec)
    : path_(spec.path), ids_(std::move(content)), vocabulary_(distinct_bytes(ids_)) {
  if (ids_.empty()) refuse_file("dataset.path", path_, "is empty; a text is needed");
  if (vocabulary_.size() < 2) {
    refuse_file("dataset.path", path_,
                fmt::format("has one distinct character in {}; at least two are needed", ids_.size()));
  }
  std::array<std::uint8_t, 256> id_of{};
  for (std::size_t id = 0; id < vocabulary_.size(); ++id)
    id_of[vocabulary_[id]] = static_cast<std::uint8_t>(id);
  for (std::uint8_t& byte : ids_) byte = id_of[byte];

  const auto count = static_cast<Index>(ids_.size());
  const Index held_out = held_out_count(count, spec.validation_fraction, held_out_parts);
  const Index remaining = count - held_out_parts * held_out;
  const auto kept = static_cast<std::size_t>(kept_for_training(remaining, spec.train_limit, "characters"));
  const std::span<const std::uint8_t> all(ids_);
  const auto held = static_cast<std::size_t>(held_out);
  train_ = all.first(kept);
  validation_ = all.subspan(static_cast<std::size_t>(remaining), held);
  test_ = all.last(held);
}

void TextData::require_window(Index batch_size, Index window, Index evaluation_batch_size) const {
  const auto check = [&](std::string_view part, std::span<const std::uint8_t> ids, Index streams) {
    const Index needed = TextBatches::minimum_characters(streams, window);
    if (static_cast<Index>(ids.size()) >= needed) return;
    refuse_file(
        "dataset.path", path_,
        fmt::format("is too short: its {} part has {} characters; a window of {} steps of {} streams needs "
                    "at least {}",
                    part, ids.size(), window, streams, needed));
  };
  const Index evaluation = evaluation_batch_size > 0 ? evaluation_batch_size : batch_size;
  check("training", train_, batch_size);
  check("validation", validation_, evaluation);
  check("test", test_, evaluation);
}

TextData load_text(const DatasetSpec& spec) {
  if (!is_text(spec)) refuse("dataset", dataset_name(spec), "a text is needed: text:FILE");
  return TextData(read_content(spec), spec);
}

}  // namespace normlab
