#include "normlab/records/record.h"

#include "fuzz/fuzz_checks.h"
#include "fuzz/record_checks.h"
#include "normlab/analysis/show.h"
#include "normlab/core/error.h"
#include "normlab/records/record_check.h"
#include "normlab/records/run_id.h"

namespace normlab::fuzz {
namespace {

using nlohmann::json;

json read_record(const std::string& text) {
  const MemoryFile file(bytes_of(text));
  return load_record(file.path());
}

// Puts right what almost every change of a config puts wrong, so that what comes behind is reached.
void put_id_right(json& record) {
  if (!record.is_object() || !record.contains("config")) return;
  const std::string id = id_of_config(record["config"]);
  if (!id.empty()) record["id"] = id;
}

// Records as they stand in an array, each with its id put right; anything else as one record as it is.
std::vector<std::string> record_texts(std::string_view text) {
  std::vector<std::string> texts;
  accepted([&] {
    json all = parse_sorted_json(text, "records");
    if (!all.is_array()) return;
    for (json& record : all) {
      put_id_right(record);
      texts.push_back(record_text(record));
    }
  });
  if (texts.empty()) texts.emplace_back(text);
  return texts;
}

// What is wrong with it when all of it is in memory.
std::string defect_of(const std::string& text) {
  try {
    return record_defect(parse_sorted_json(text, "record"));
  } catch (const RequestError& error) {
    return error.what();
  }
}

// Adds the record to the sweep, or says what is wrong with it.
std::string read_for_report(RunRecordReader& reader, const std::string& text, SweepRecords& sweep) {
  try {
    sweep.runs.push_back(reader.read(text, "record"));
    return "";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

}  // namespace

// A record, or an array of records for one report.
bool fuzz_record(ByteSpan input) {
  SweepRecords sweep;
  RunRecordReader reader;
  for (const std::string& text : record_texts(InputReader(input).text())) {
    accepted([&] {
      const json record = read_record(text);
      const json again = never_refused([&] { return read_record(record_text(record)); });
      require(again == record, "a record that is written and read again is the same");
      require_lines(render_record(record));
    });
    require(read_for_report(reader, text, sweep) == defect_of(text),
            "reports find the same wrong with a record as everything else");
  }
  require_reportable(sweep);
  return !sweep.runs.empty();
}

}  // namespace normlab::fuzz
