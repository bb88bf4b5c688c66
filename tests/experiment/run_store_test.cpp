#include "normlab/experiment/run_store.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>

#include "data/idx_files.h"
#include "normlab/experiment/record.h"

using namespace normlab;
using namespace normlab::testing;

namespace {

SweepSpec spec_of(const char* text) {
  return parse_sweep_spec(parse_json(text, "test"), "test");
}

const char* const small_spec = R"({"grid": {"norm": ["none", "layer"]}})";

}  // namespace

TEST_CASE("a folder keeps its sweep, its records and nothing half-written") {
  TemporaryFolder temporary;
  const std::filesystem::path folder = temporary.path() / "a" / "b";
  const SweepSpec spec = spec_of(small_spec);
  const std::vector<SweepCell> cells = expand(spec);
  {
    const RunStore store(folder, spec, cells);
    CHECK(store.status(cells[0].id) == "");
    store.write_record(cells[0].id, make_undefined_record(cells[0].config, "because"));
    CHECK(store.status(cells[0].id) == "undefined");
    write_file(store.record_path(cells[1].id), "{\"status\": \"fini");
    CHECK(store.status(cells[1].id) == "");
    write_file(folder / "runs" / "x.json.123.partial", "{");
  }
  CHECK(parse_json(read_file(folder / "sweep.json"), "sweep")["runs"][0] == cells[0].id);
  const RunStore again(folder, spec, cells);
  CHECK(again.status(cells[0].id) == "undefined");
  CHECK_FALSE(std::filesystem::exists(folder / "runs" / "x.json.123.partial"));
}

TEST_CASE("the results of a different spec are refused, and stay as they are") {
  TemporaryFolder temporary;
  const SweepSpec spec = spec_of(small_spec);
  { const RunStore store(temporary.path(), spec, expand(spec)); }
  const std::string before = read_file(temporary.path() / "sweep.json");
  const SweepSpec other = spec_of(R"({"grid": {"norm": ["none", "rms"]}})");
  const std::string message = request_error([&] { RunStore(temporary.path(), other, expand(other)); });
  CHECK(message.starts_with("out: "));
  CHECK(contains(message, "grid.norm: [\"none\",\"layer\"] there, [\"none\",\"rms\"] asked for"));
  CHECK(contains(message, "--out"));
  CHECK(read_file(temporary.path() / "sweep.json") == before);
  // Only words changed: the runs are the same.
  SweepSpec described = spec;
  described.description = "clearer";
  CHECK_NOTHROW(RunStore(temporary.path(), described, expand(described)));
}

TEST_CASE("a folder that cannot be written is refused") {
  TemporaryFolder temporary;
  write_file(temporary.path() / "file", "x");
  const SweepSpec spec = spec_of(small_spec);
  const std::string message =
      request_error([&] { RunStore(temporary.path() / "file" / "folder", spec, expand(spec)); });
  CHECK(message.starts_with("out: "));
  CHECK(request_error([&] { RunStore("/proc/normlab", spec, expand(spec)); }).starts_with("out: "));
}
