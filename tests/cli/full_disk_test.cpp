// Disks that are full.
#include <doctest/doctest.h>
#include <sys/mount.h>

#include "cli/small_sweep.h"

using namespace normlab::testing;

TEST_CASE(
    "a disk that is full while a record is written leaves what was complete, and nothing half-written") {
  TemporaryFolder folder;
  // Smaller than a record, and than a checkpoint.
  Program program(folder.path(), quick_run({"--out", "r.json"}), 512);
  const Outcome outcome = program.wait();
  CAPTURE(outcome.error);
  CHECK(outcome.status == 1);
  CHECK(outcome.out.empty());
  CHECK(contains(outcome.error, "r.json"));
  CHECK(files_below(folder.path()).empty());
  // What is there before stays as it is.
  REQUIRE(run_program(folder.path(), quick_run({"--out", "r.json"})).status == 0);
  const auto before = files_below(folder.path());
  CHECK(Program(folder.path(), quick_run({"--out", "r.json", "--again"}), 512).wait().status == 1);
  CHECK(files_below(folder.path()) == before);
}

TEST_CASE("a checkpoint that a full disk has no room for is warned of once, and the one before stays") {
  TemporaryFolder folder;
  const std::vector<std::string> arguments =
      quick_run({"--batch-size", "2", "--epochs", "400", "--out", "r.json", "--checkpoint-seconds", "0.01"});
  Program program(folder.path(), arguments);
  const std::filesystem::path checkpoint = folder.path() / "r.checkpoint";
  REQUIRE(wait_until([&] { return std::filesystem::exists(checkpoint); }));
  program.send(SIGKILL);
  program.wait();
  const std::string before = read_file(checkpoint);
  // Room for what it says, and not for a checkpoint.
  Program full(folder.path(), arguments, before.size() / 2);
  const std::string warning = "the run goes on, and tries again";
  CHECK(wait_until([&] { return contains(full.error_so_far(), warning); }));
  full.send(SIGTERM);
  const Outcome outcome = full.wait();
  CAPTURE(outcome.error);
  CHECK(outcome.status == 1);
  CHECK(outcome.error.find(warning) == outcome.error.rfind(warning));
  CHECK(read_file(checkpoint) == before);
}

TEST_CASE("a sweep on a full disk keeps what was complete and finishes once there is room") {
  TemporaryFolder folder;
  const std::filesystem::path disk = folder.path() / "disk";
  std::filesystem::create_directory(disk);
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=1m") != 0) return;  // needs root
  write_file(folder.path() / "spec.json", small_sweep_spec);
  // Leaves room for the first records, not for six.
  write_file(disk / "filler", std::string((1024 - 36) * 1024, 'x'));
  const Outcome full =
      run_program(folder.path(), {"sweep", "spec.json", "--out", "disk/results", "--jobs", "1"});
  CAPTURE(full.error);
  CHECK(full.status == 1);
  const std::map<std::string, json> kept = records_of(disk / "results");
  CHECK(kept.size() < 6);
  CHECK_FALSE(kept.empty());
  for (const auto& [file, record] : kept) {
    if (record["status"] != "failed") CHECK(equal(record, reference_records().at(file)));
  }
  std::filesystem::remove(disk / "filler");
  const Outcome outcome = run_program(folder.path(), {"sweep", "spec.json", "--out", "disk/results"});
  CHECK(outcome.status == 0);
  CHECK(equal(records_of(disk / "results"), reference_records()));
  ::umount(disk.c_str());
}
