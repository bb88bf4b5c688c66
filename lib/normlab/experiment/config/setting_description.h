// What lists of settings say of one.
#pragma once

#include <string>

#include "normlab/settings/setting.h"

namespace normlab {

enum class SettingKind { value, text, flag };

// A setting that a config may have, as whatever lists settings shows it.
struct SettingDescription {
  std::string path;  // dotted
  Setting setting;
  SettingKind kind = SettingKind::value;
  Names choices;             // the names that it chooses from ("true" and "false" for a flag)
  std::string allowed;       // "above 0"
  std::string default_text;  // "0; rnn, lstm, gru 1"
  std::string owners;        // which names of its object have it: "only cnn", "not text"; "" for all
};

}  // namespace normlab
