#include "normlab/records/record.h"

#include "fuzz/fuzz_checks.h"
#include "fuzz/record_checks.h"
#include "normlab/analysis/show.h"
#include "normlab/records/run_id.h"

namespace normlab::fuzz {
namespace {

using nlohmann::json;

RunRecord read_record(const std::string& text) {
  const MemoryFile file(bytes_of(text));
  return load_run_record(file.path());
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

}  // namespace

// A record, or an array of records for one report.
bool fuzz_record(ByteSpan input) {
  SweepRecords sweep;
  for (const std::string& text : record_texts(InputReader(input).text())) {
    accepted([&] {
      RunRecord record = read_record(text);
      const RunRecord again = never_refused([&] { return read_record(record_text(record.content)); });
      require(again.content == record.content, "a record that is written and read again is the same");
      require_lines(render_record(record.content));
      sweep.runs.push_back(std::move(record));
    });
  }
  require_reportable(sweep);
  return !sweep.runs.empty();
}

}  // namespace normlab::fuzz
