#include "normlab/experiment/run/run_store.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <functional>

#include "data/idx_files.h"
#include "normlab/core/error.h"
#include "normlab/experiment/run/record_head.h"
#include "normlab/experiment/run/sweep_folder.h"

using namespace normlab;
using namespace normlab::testing;

namespace {

#ifdef NORMLAB_SANITIZED
constexpr bool checks_take_descriptors = true;  // the sanitizers', and fail where there are none
#else
constexpr bool checks_take_descriptors = false;
#endif

SweepSpec spec_of(const char* text) {
  return parse_sweep_spec(parse_json(text, "test"), "test");
}

const char* const small_spec = R"({"grid": {"norm": ["none", "layer"]}})";

// What the store says that it cannot do, or "".
std::string run_error(const std::function<void()>& work) {
  try {
    work();
  } catch (const RunError& error) {
    return error.what();
  }
  return "";
}

// From here on, and for good, the process finds that no file can be locked.
void forbid_locks() {
  sock_filter steps[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
                         BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_flock, 0, 1),
                         BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOLCK),
                         BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const sock_fprog program{4, steps};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
    ::_exit(0);  // a kernel without such filters
}

}  // namespace

TEST_CASE("a folder keeps its sweep, its records and nothing half-written") {
  TemporaryFolder temporary;
  const std::filesystem::path folder = temporary.path() / "a" / "b";
  const SweepSpec spec = spec_of(small_spec);
  const std::vector<SweepRun> runs = expand(spec);
  {
    const RunStore store(folder, spec, runs);
    CHECK(store.status(runs[0]) == "");
    store.write_record(runs[0].id, make_failed_record(record_head(runs[0].config), "because"));
    CHECK(store.status(runs[0]) == "failed");
    CHECK(store.record(runs[0])->reason == "because");
    write_file(store.record_path(runs[1].id), read_file(store.record_path(runs[0].id)));  // another's
    CHECK(store.status(runs[1]) == "");
    write_file(store.record_path(runs[1].id), "{\"status\": \"fini");
    CHECK(store.status(runs[1]) == "");
    write_file(store.record_path(runs[0].id).string() + ".2000000123.partial", "{");
  }
  CHECK(parse_json(read_file(folder / "sweep.json"), "sweep")["runs"][0] == runs[0].id);
  const RunStore again(folder, spec, runs);
  CHECK(again.status(runs[0]) == "failed");
  CHECK_FALSE(std::filesystem::exists(again.record_path(runs[0].id).string() + ".2000000123.partial"));
}

TEST_CASE("half-written files of a process that was killed go before its parent has looked after it") {
  TemporaryFolder temporary;
  const SweepSpec spec = spec_of(small_spec);
  const std::vector<SweepRun> runs = expand(spec);
  const pid_t killed = ::fork();
  REQUIRE(killed >= 0);
  if (killed == 0) ::_exit(0);
  siginfo_t ended;
  REQUIRE(::waitid(P_PID, static_cast<id_t>(killed), &ended, WEXITED | WNOWAIT) == 0);  // it stays a zombie
  const std::filesystem::path half = temporary.path() / ("sweep.json." + std::to_string(killed) + ".partial");
  write_file(half, "half");
  { const RunStore store(temporary.path(), spec, runs); }
  CHECK_FALSE(std::filesystem::exists(half));
  ::waitpid(killed, nullptr, 0);
}

TEST_CASE("half-written files go only where a sweep's own writing left them") {
  TemporaryFolder temporary;
  const SweepSpec spec = spec_of(small_spec);
  const std::vector<SweepRun> runs = expand(spec);
  { const RunStore store(temporary.path(), spec, runs); }
  const std::string id = runs[0].id;
  std::filesystem::create_directory(temporary.path() / "parameters");
  // The numbers are those of processes that cannot be, but for this one.
  const std::string living = "sweep.json." + std::to_string(::getpid()) + ".partial";
  const std::vector<std::string> own{"sweep.json.2000000001.partial",
                                     "summary.csv.2000000022.partial",
                                     "probe.2000000003.partial",
                                     "runs/" + id + ".json.2000000004.partial",
                                     "checkpoints/" + id + ".checkpoint.2000000005.partial",
                                     "parameters/" + id + ".safetensors.2000000006.partial"};
  const std::vector<std::string> others{"movie.partial",
                                        "movie.2000000007.partial",
                                        "sweep.json.partial",
                                        "sweep.json.7b.partial",
                                        "sweep.json..partial",
                                        "runs/notes.partial",
                                        "runs/x.json.2000000123.partial",
                                        "runs/" + id + ".json.2000000004.partial.txt",
                                        living};
  for (const auto& name : own) write_file(temporary.path() / name, "half");
  for (const auto& name : others) write_file(temporary.path() / name, "precious");
  std::filesystem::create_directory(temporary.path() / "summary.json.2000000008.partial");
  const RunStore store(temporary.path(), spec, runs);
  for (const auto& name : own) {
    CAPTURE(name);
    CHECK_FALSE(std::filesystem::exists(temporary.path() / name));
  }
  for (const auto& name : others) {
    CAPTURE(name);
    CHECK(read_file(temporary.path() / name) == "precious");
  }
  CHECK(std::filesystem::exists(temporary.path() / "summary.json.2000000008.partial"));
}

TEST_CASE("a summary that is somebody's own is not written over") {
  const SweepSpec spec = spec_of(small_spec);
  const auto refusal = [&](const char* name, const std::string& content) {
    TemporaryFolder temporary;
    write_file(temporary.path() / name, content);
    std::string message = request_error([&] { RunStore(temporary.path(), spec, expand(spec)); });
    CHECK(read_file(temporary.path() / name) == content);
    CHECK(std::filesystem::exists(temporary.path() / "runs") == message.empty());
    return message;
  };
  for (const char* content : {R"({"accounts": 2025})", "", "[]", R"({"schema": "mine/1"})"})
    CHECK(contains(refusal("summary.json", content), "it holds summary.json which is not a summary"));
  for (const char* content : {"year,sum\n2025,3\n", "", "model,norm,batch_size\n"})
    CHECK(contains(refusal("summary.csv", content), "it holds summary.csv which is not a summary"));
  for (const char* content : {R"({"cells": [1]})", "", R"({"schema": "mine/1"})"})
    CHECK(contains(refusal("tuned.json", content), "it holds tuned.json which is not what a search chose"));
  CHECK(refusal("tuned.json", R"({"schema": "normlab.tuned/1", "na)") == "");
  CHECK(refusal("summary.json", "{\n  \"schema\": \"normlab.summary/1\",\n  \"na") == "");
  CHECK(refusal("summary.csv", "model,norm,batch_size,momentum,dataset,target,counted_to,runs,") == "");
}

TEST_CASE("what stands in the place of a file that a sweep writes is refused before work") {
  const SweepSpec spec = spec_of(small_spec);
  const std::vector<SweepRun> runs = expand(spec);
  const std::string log = "checkpoints/" + runs[1].id + ".evaluations";
  for (const std::string& name : {std::string("summary.json"), std::string("summary.csv"), log}) {
    CAPTURE(name);
    TemporaryFolder temporary;
    const std::filesystem::path file = temporary.path() / name;
    const auto refusal = [&] { return request_error([&] { RunStore(temporary.path(), spec, runs); }); };
    const std::string end = name.substr(name.size() - 10);  // a long path is quoted by its ends
    std::filesystem::create_directories(file);
    CHECK(contains(refusal(), end + "\" is not allowed; it is a folder, and the sweep writes a file"));
    std::filesystem::remove(file);
    REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
    CHECK(contains(refusal(), "it is a pipe"));
    std::filesystem::remove(file);
    std::filesystem::create_symlink("/dev/null", file);
    CHECK(contains(refusal(), "it is a device"));
    CHECK_FALSE(std::filesystem::exists(temporary.path() / "runs"));
    std::filesystem::remove(file);
    std::filesystem::create_symlink(temporary.path() / "elsewhere", file);
    CHECK(refusal() == "");
  }
  TemporaryFolder temporary;
  const RunStore store(temporary.path(), spec, runs);
  CHECK_NOTHROW(store.prepare_parameters(runs));
  REQUIRE(::mkfifo(store.parameters_path(runs[0].id).c_str(), 0600) == 0);
  CHECK(contains(request_error([&] { store.prepare_parameters(runs); }), "it is a pipe"));
}

TEST_CASE("a record that calls a defined run undefined, or the other way round, is set aside") {
  TemporaryFolder temporary;
  const SweepSpec spec = spec_of(R"({"grid": {"norm": ["none", "batch"], "batch_size": [1]}})");
  const std::vector<SweepRun> runs = expand(spec);
  REQUIRE_FALSE(runs[0].undefined);
  REQUIRE(runs[1].undefined);
  {
    const RunStore store(temporary.path(), spec, runs);
    store.write_record(runs[0].id, make_undefined_record(record_head(runs[0].config), "no"));
    store.write_record(runs[1].id, make_failed_record(record_head(runs[1].config), "no"));
    for (const SweepRun& run : runs) CHECK(store.status(run) == "");
  }
  const RunStore store(temporary.path(), spec, runs);
  for (const SweepRun& run : runs) {
    CHECK_FALSE(std::filesystem::exists(store.record_path(run.id)));
    CHECK(std::filesystem::exists(store.record_path(run.id).string() + ".damaged-1"));
  }
  store.write_record(runs[1].id, make_undefined_record(record_head(runs[1].config), "no"));
  CHECK(store.status(runs[1]) == "undefined");
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

TEST_CASE("too many open files are no fault of the folder" * doctest::skip(checks_take_descriptors)) {
  TemporaryFolder temporary;
  const SweepSpec spec = spec_of(small_spec);
  const std::vector<SweepRun> runs = expand(spec);
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const int next = ::dup(STDERR_FILENO);
  ::close(next);
  const auto error_with = [&](int files) {
    const rlimit few{static_cast<rlim_t>(files), before.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &few);
    std::string message = run_error([&] { RunStore(temporary.path() / "out", spec, runs); });
    ::setrlimit(RLIMIT_NOFILE, &before);
    return message;
  };
  CHECK(contains(error_with(next), "cannot write into"));
  CHECK(contains(error_with(next + 1), "Too many open files"));  // for the lock, which takes two
}

TEST_CASE("a folder that cannot be locked is not taken for one that another sweep holds") {
  TemporaryFolder temporary;
  const SweepSpec spec = spec_of(small_spec);
  const std::vector<SweepRun> runs = expand(spec);
  const pid_t child = ::fork();
  if (child == 0) {
    forbid_locks();
    const std::string message = run_error([&] { RunStore(temporary.path(), spec, runs); });
    ::_exit(message.starts_with("cannot lock ") && contains(message, std::strerror(ENOLCK)) ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
}

TEST_CASE("what stands in a record's place and is none is renamed, never deleted") {
  TemporaryFolder temporary;
  const SweepSpec spec = spec_of(small_spec);
  const std::vector<SweepRun> runs = expand(spec);
  const std::filesystem::path records = temporary.path() / "runs";
  { const RunStore store(temporary.path(), spec, runs); }
  const std::string claim = R"({"schema": "normlab.run/1", "status": "finished"})";
  write_file(records / (runs[0].id + ".json"), claim);
  write_file(records / (runs[0].id + ".json.damaged-1"), "earlier");
  std::filesystem::create_directory(records / (runs[1].id + ".json"));
  write_file(records / "stray.json", "{}");
  const RunStore store(temporary.path(), spec, runs);
  CHECK_FALSE(std::filesystem::exists(records / (runs[0].id + ".json")));
  CHECK(read_file(records / (runs[0].id + ".json.damaged-1")) == "earlier");
  CHECK(read_file(records / (runs[0].id + ".json.damaged-2")) == claim);
  CHECK(std::filesystem::is_directory(records / (runs[1].id + ".json.damaged-1")));
  CHECK(read_file(records / "stray.json") == "{}");
}

TEST_CASE("why a record was set aside is part of a sentence") {
  TemporaryFolder temporary;
  const SweepSpec spec = spec_of(small_spec);
  const std::vector<SweepRun> runs = expand(spec);
  std::filesystem::create_directory(temporary.path() / "runs");
  write_file(record_file(temporary.path(), runs[0].id), "{\"cut");
  RecordFiles files;
  const std::string defect = find_record_of(files, temporary.path(), runs[0]).defect;
  CHECK(contains(defect, "is not JSON"));
  CHECK_FALSE(defect.ends_with("."));
}

TEST_CASE("a damaged sweep.json is renamed where the records are the sweep's own, and refused elsewhere") {
  TemporaryFolder temporary;
  const SweepSpec spec = spec_of(small_spec);
  const std::vector<SweepRun> runs = expand(spec);
  const SweepSpec other = spec_of(R"({"grid": {"norm": ["rms"]}})");
  {
    const RunStore store(temporary.path(), spec, runs);
    store.write_record(runs[0].id, make_failed_record(record_head(runs[0].config), "because"));
  }
  const std::filesystem::path file = temporary.path() / "sweep.json";
  const std::string whole = read_file(file);
  const std::vector<std::string> damaged{whole.substr(0, whole.size() / 2), "", "[1]",
                                         std::string(400'000, '[')};
  for (std::size_t i = 0; i < damaged.size(); ++i) {
    write_file(file, damaged[i]);
    CHECK(contains(request_error([&] { RunStore(temporary.path(), other, expand(other)); }), runs[0].id));
    CHECK(read_file(file) == damaged[i]);
    const RunStore store(temporary.path(), spec, runs);
    CHECK(read_file(file) == whole);
    CHECK(read_file(file.string() + ".damaged-" + std::to_string(i + 1)) == damaged[i]);
    CHECK(store.status(runs[0]) == "failed");
  }
  std::filesystem::resize_file(file, longest_json + 1);
  CHECK_NOTHROW(RunStore(temporary.path(), spec, runs));
  CHECK(read_file(file) == whole);
  // Whole, and somebody else's.
  write_file(file, R"({"schema": "normlab.sweep/2"})");
  CHECK(contains(request_error([&] { RunStore(temporary.path(), spec, runs); }), "different spec"));
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
