#include "normlab/experiment/run_store.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

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
    write_file(store.record_path(cells[1].id), read_file(store.record_path(cells[0].id)));  // another's
    CHECK(store.status(cells[1].id) == "");
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

TEST_CASE("what stands in a record's place and is none is renamed, never deleted") {
  TemporaryFolder temporary;
  const SweepSpec spec = spec_of(small_spec);
  const std::vector<SweepCell> cells = expand(spec);
  const std::filesystem::path runs = temporary.path() / "runs";
  { const RunStore store(temporary.path(), spec, cells); }
  const std::string claim = R"({"schema": "normlab.run/1", "status": "finished"})";
  write_file(runs / (cells[0].id + ".json"), claim);
  write_file(runs / (cells[0].id + ".json.damaged-1"), "earlier");
  std::filesystem::create_directory(runs / (cells[1].id + ".json"));
  write_file(runs / "stray.json", "{}");
  const RunStore store(temporary.path(), spec, cells);
  CHECK_FALSE(std::filesystem::exists(runs / (cells[0].id + ".json")));
  CHECK(read_file(runs / (cells[0].id + ".json.damaged-1")) == "earlier");
  CHECK(read_file(runs / (cells[0].id + ".json.damaged-2")) == claim);
  CHECK(std::filesystem::is_directory(runs / (cells[1].id + ".json.damaged-1")));
  CHECK(read_file(runs / "stray.json") == "{}");
}

TEST_CASE("a damaged sweep.json is renamed where the records are the sweep's own, and refused elsewhere") {
  TemporaryFolder temporary;
  const SweepSpec spec = spec_of(small_spec);
  const std::vector<SweepCell> cells = expand(spec);
  const SweepSpec other = spec_of(R"({"grid": {"norm": ["rms"]}})");
  {
    const RunStore store(temporary.path(), spec, cells);
    store.write_record(cells[0].id, make_undefined_record(cells[0].config, "because"));
  }
  const std::filesystem::path file = temporary.path() / "sweep.json";
  const std::string whole = read_file(file);
  const std::vector<std::string> damaged{whole.substr(0, whole.size() / 2), "", "[1]"};
  for (std::size_t i = 0; i < damaged.size(); ++i) {
    write_file(file, damaged[i]);
    CHECK(contains(request_error([&] { RunStore(temporary.path(), other, expand(other)); }), cells[0].id));
    CHECK(read_file(file) == damaged[i]);
    const RunStore store(temporary.path(), spec, cells);
    CHECK(read_file(file) == whole);
    CHECK(read_file(file.string() + ".damaged-" + std::to_string(i + 1)) == damaged[i]);
    CHECK(store.status(cells[0].id) == "undefined");
  }
  // No damage makes such a thing.
  write_file(file, std::string(400'000, '['));
  CHECK(contains(request_error([&] { RunStore(temporary.path(), spec, cells); }), "nested"));
  // Whole, and somebody else's.
  write_file(file, R"({"schema": "normlab.sweep/2"})");
  CHECK(contains(request_error([&] { RunStore(temporary.path(), spec, cells); }), "different spec"));
}

TEST_CASE("the lock is no standard stream, which a child would replace") {
  TemporaryFolder temporary;
  const SweepSpec spec = spec_of(small_spec);
  const int input = ::dup(STDIN_FILENO);
  ::close(STDIN_FILENO);
  const RunStore store(temporary.path(), spec, expand(spec));
  CHECK(::fcntl(STDIN_FILENO, F_GETFD) == -1);  // free again
  ::dup2(input, STDIN_FILENO);
  ::close(input);
  const int other = ::open((temporary.path() / "lock").c_str(), O_RDWR);
  CHECK(::flock(other, LOCK_EX | LOCK_NB) != 0);
  ::close(other);
}
