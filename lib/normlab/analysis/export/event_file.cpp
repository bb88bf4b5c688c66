#include "normlab/analysis/export/event_file.h"

#include <array>
#include <bit>

namespace normlab {
namespace {

using nlohmann::json;

constexpr std::array<std::uint32_t, 256> make_crc_table() {
  constexpr std::uint32_t polynomial = 0x82f63b78;  // with its bits reversed
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1) != 0 ? value >> 1 ^ polynomial : value >> 1;
    table[byte] = value;
  }
  return table;
}

// A checksum of bytes that hold a checksum would tell little: TFRecord changes it.
std::uint32_t masked_crc(std::string_view bytes) {
  const std::uint32_t crc = crc32c(bytes);
  return (crc >> 15 | crc << 17) + 0xa282ead8U;
}

template <class Integer>
std::string little_endian(Integer value) {
  std::string bytes;
  for (std::size_t i = 0; i < sizeof value; ++i) bytes += static_cast<char>(value >> 8 * i & 0xff);
  return bytes;
}

// The wire format of protocol buffers: each field is its number and kind, and then its value.
class Message {
 public:
  Message& integer(std::uint32_t field, std::uint64_t value) { return varint(field << 3 | 0U).varint(value); }
  Message& number(std::uint32_t field, double value) {
    varint(field << 3 | 1U).bytes_ += little_endian(std::bit_cast<std::uint64_t>(value));
    return *this;
  }
  Message& number(std::uint32_t field, float value) {
    varint(field << 3 | 5U).bytes_ += little_endian(std::bit_cast<std::uint32_t>(value));
    return *this;
  }
  Message& text(std::uint32_t field, std::string_view value) {
    varint(field << 3 | 2U).varint(value.size()).bytes_ += value;
    return *this;
  }
  Message& message(std::uint32_t field, const Message& value) { return text(field, value.bytes_); }

  const std::string& bytes() const { return bytes_; }

 private:
  Message& varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(0x80 | (value & 0x7f));
    bytes_ += static_cast<char>(value);
    return *this;
  }

  std::string bytes_;
};

// google.protobuf.Value
Message protobuf_value(const json& value) {
  Message message;
  if (value.is_boolean()) return message.integer(4, value.get<bool>() ? 1 : 0);
  if (value.is_number()) return message.number(2, value.get<double>());
  const bool is_text = value.is_string();
  return message.text(
      3, is_text ? value.get<std::string>() : value.dump(-1, ' ', false, json::error_handler_t::replace));
}

// SessionStartInfo of plugins/hparams/plugin_data.proto
Message session_message(const SessionStart& session) {
  Message message;
  for (const auto& [name, value] : session.settings)
    message.message(1, Message().text(1, name).message(2, protobuf_value(value)));
  return message.text(4, session.group).number(5, session.start_seconds);
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  static constexpr auto table = make_crc_table();
  std::uint32_t value = 0xffffffff;
  for (const char byte : bytes) value = table[(value ^ static_cast<unsigned char>(byte)) & 0xff] ^ value >> 8;
  return ~value;
}

EventFile::EventFile(double seconds) {
  add_event(Message().number(1, seconds).text(3, "brain.Event:2").bytes());
}

void EventFile::add_session(double seconds, const SessionStart& session) {
  const Message data = Message().integer(1, 0).message(3, session_message(session));
  const Message plugin = Message().text(1, "hparams").text(2, data.bytes());
  const Message value =
      Message().text(1, "_hparams_/session_start_info").message(9, Message().message(1, plugin));
  add_event(Message().number(1, seconds).message(5, Message().message(1, value)).bytes());
}

void EventFile::add_scalars(double seconds, std::uint64_t step, std::span<const TaggedScalar> scalars) {
  Message summary;
  for (const TaggedScalar& scalar : scalars)
    summary.message(1, Message().text(1, scalar.tag).number(2, scalar.value));
  add_event(Message().number(1, seconds).integer(2, step).message(5, summary).bytes());
}

void EventFile::add_event(std::string_view message) {
  const std::string length = little_endian(static_cast<std::uint64_t>(message.size()));
  bytes_ += length;
  bytes_ += little_endian(masked_crc(length));
  bytes_ += message;
  bytes_ += little_endian(masked_crc(message));
}

}  // namespace normlab
