// What a setting is, said once: configs are read and written by it, and options, help, completion, the manual
// page and the tables of docs/experiment-format.md are made from it.
#pragma once

#include <string>
#include <vector>

namespace normlab {

using Names = std::vector<std::string>;

struct Setting {
  const char* key;           // within its object: "learning_rate"
  const char* meaning = "";  // a phrase without a full stop
  // The option of `normlab run` that stands for it, if any. "--no-…" stands for a flag that is not set.
  const char* option = nullptr;
  const char* value = "N";       // what --help shows for the option's value
  const char* help = nullptr;    // what --help says where that is not `meaning`
  const char* preset = nullptr;  // the default in words, where its number says little
  // A setting that is younger than its object is written only where it is not at its default, which is zero
  // or the first of its names: so runs without it keep their ids.
  bool young = false;
};

// An interval of allowed numbers. Nothing that is not finite lies in it.
struct Range {
  double low, high;
  bool with_low, with_high;
  const char* words;    // as in "0 is not allowed; a finite number above 0 is"
  const char* brief;    // "above 0"
  bool single = false;  // computed with in single precision, where it must hold as well

  bool holds(double x) const;
};

namespace range {
extern const Range positive, open_unit, above_zero_to_one, unit;
extern const Range positive_single, not_negative_single, half_open_unit_single, above_zero_to_one_single;
}  // namespace range

}  // namespace normlab
