#include <fstream>

#include "files.h"
#include "fuzz/fuzz_checks.h"
#include "fuzz/record_checks.h"
#include "normlab/experiment/config/config_json.h"
#include "normlab/experiment/run/record_head.h"
#include "normlab/experiment/run/run_store.h"

namespace normlab::fuzz {
namespace {

const SweepSpec& known_spec() {
  static const SweepSpec spec = [] {
    SweepSpec known{.name = "quick"};
    known.base["dataset"] = "synthetic";
    known.grid.push_back({"norm", {"none", "layer"}});
    return known;
  }();
  return spec;
}

const std::vector<SweepRun>& known_runs() {
  static const std::vector<SweepRun> runs = expand(known_spec());
  return runs;
}

void write_file(const std::filesystem::path& path, std::string_view content) {
  std::ofstream(path, std::ios::binary) << content;
}

}  // namespace

// The sweep.json of a folder with one record.
bool fuzz_sweep_json(ByteSpan input) {
  static const std::string record =
      record_text(make_failed_record(record_head(known_runs()[0].config), "a test"));
  const test::TemporaryFolder folder;
  const std::filesystem::path sweep_file = folder / "sweep.json", runs = folder / "runs";
  write_file(sweep_file, InputReader(input).text());
  std::filesystem::create_directory(runs);
  const std::filesystem::path record_file = runs / (known_runs()[0].id + ".json");
  write_file(record_file, record);

  accepted([&] { require_reportable(load_sweep(folder.path())); });
  const bool taken = accepted([&] { RunStore(folder.path(), known_spec(), known_runs()); });
  require(std::filesystem::exists(record_file), "a record stays");
  if (!taken) return false;
  require(accepted([&] { RunStore(folder.path(), known_spec(), known_runs()); }),
          "a folder that was taken can be taken again");
  require(load_sweep(folder.path()).name == known_spec().name, "its sweep.json is the sweep's");
  return true;
}

}  // namespace normlab::fuzz
