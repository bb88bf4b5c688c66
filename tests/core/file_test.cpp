#include "normlab/core/file.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <string>

#include "files.h"
#include "normlab/core/error.h"

namespace normlab {
namespace {

// While it lives, no file of this process grows beyond `bytes`: writes stop in the middle and then fail, as
// they do on a disk that is full.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : previous_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &previous_);
    rlimit limit = previous_;
    limit.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &previous_);
    std::signal(SIGXFSZ, previous_handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit previous_{};
  void (*previous_handler_)(int);
};

std::string content(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::ptrdiff_t entries(const test::TemporaryFolder& folder) {
  return std::distance(std::filesystem::directory_iterator(folder.path()), {});
}

std::string run_error(const std::filesystem::path& path, std::string_view text) {
  try {
    write_whole(path, text);
  } catch (const RunError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a file is written whole, in place of what was there, and nothing else stays behind") {
  const test::TemporaryFolder folder;
  const std::string binary("a\0b\nc\xff", 6);
  write_whole(folder / "record.json", "a long text that was there before");
  write_whole(folder / "record.json", binary);
  CHECK(content(folder / "record.json") == binary);
  write_whole(folder / "empty", "");
  CHECK(content(folder / "empty").empty());
  CHECK(entries(folder) == 2);
}

TEST_CASE("a pipe is written to, and is still a pipe") {
  const test::TemporaryFolder folder;
  const std::filesystem::path pipe = folder.path() / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
  write_whole(pipe, "through");
  char received[16] = {};
  CHECK(::read(reader, received, sizeof received) == 7);
  CHECK(std::string(received) == "through");
  CHECK(std::filesystem::is_fifo(pipe));
  ::close(reader);
}

TEST_CASE("when the disk is full the file that was there stays, whole, and the failure says why") {
  const test::TemporaryFolder folder;
  write_whole(folder / "record.json", "the old record");
  std::string message;
  {
    const FileSizeLimit limit(100000);
    message = run_error(folder / "record.json", std::string(300000, 'x'));
  }
  CHECK(message.find("record.json") != std::string::npos);
  CHECK(message.find("File too large") != std::string::npos);
  CHECK(content(folder / "record.json") == "the old record");
  CHECK(entries(folder) == 1);
}

TEST_CASE("a folder that does not exist, and a folder in the file's place, are failures") {
  const test::TemporaryFolder folder;
  CHECK(run_error(folder / "missing/record.json", "text").find("No such file") != std::string::npos);
  std::filesystem::create_directory(folder / "taken");
  CHECK(run_error(folder / "taken", "text").find("taken") != std::string::npos);
  CHECK(entries(folder) == 1);
}

TEST_CASE("what is replaced keeps its mode, and a symbolic link stays one") {
  const test::TemporaryFolder folder;
  std::filesystem::create_directory(folder / "there");
  std::filesystem::create_symlink("there/record.json", folder / "link");  // dangles at first
  std::filesystem::create_symlink("link", folder / "link to a link");
  for (const char* text : {"first", "second"}) {
    write_whole(folder / "link to a link", text);
    CHECK(std::filesystem::is_symlink(folder / "link to a link"));
    CHECK(std::filesystem::is_symlink(folder / "link"));
    CHECK(content(folder / "there/record.json") == text);
  }
  const auto owner_only = std::filesystem::perms::owner_read | std::filesystem::perms::owner_write;
  std::filesystem::permissions(folder / "there/record.json", owner_only);
  write_whole(folder / "link", "third");
  CHECK(std::filesystem::status(folder / "there/record.json").permissions() == owner_only);
  std::filesystem::create_symlink("round", folder / "round");
  CHECK(run_error(folder / "round", "text").find("round") != std::string::npos);
  CHECK(std::filesystem::is_symlink(folder / "round"));
  CHECK(entries(folder) == 4);
}

TEST_CASE("a name as long as a name may be is written, though its temporary one would be too long") {
  const test::TemporaryFolder folder;
  const std::string name(255, 'x');
  write_whole(folder / name, "text");
  CHECK(content(folder / name) == "text");
  CHECK(entries(folder) == 1);
}

TEST_CASE("one file is known under all of its names, whether it exists or not") {
  const test::TemporaryFolder folder;
  std::filesystem::create_directory(folder / "real");
  std::filesystem::create_symlink("real", folder / "link");
  std::filesystem::create_symlink("real/new", folder / "dangling");
  CHECK(is_same_file(folder / "real/new", folder / "link/new"));
  CHECK(is_same_file(folder / "real/new", folder / "dangling"));
  CHECK(is_same_file(folder / "real/../new", folder / "./new"));
  CHECK(is_same_file(folder / "absent/new", folder / "absent/./new"));
  CHECK_FALSE(is_same_file(folder / "real/new", folder / "new"));
  write_whole(folder / "one", "text");
  write_whole(folder / "two", "text");
  std::filesystem::create_hard_link(folder / "one", folder / "real/other");
  CHECK(is_same_file(folder / "one", folder / "real/other"));
  CHECK_FALSE(is_same_file(folder / "one", folder / "two"));
  CHECK(is_same_file("new", std::filesystem::current_path() / "new"));
}

TEST_CASE("pipes, devices and folders are not read, and nothing waits for them") {
  const test::TemporaryFolder folder;
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  for (const std::filesystem::path& path :
       {folder / "pipe", std::filesystem::path("/dev/zero"), folder / "."}) {
    CHECK_THROWS_AS(read_text(path, "config"), RequestError);
  }
}

TEST_CASE("a file that is longer than allowed is refused, and one that cannot be read is a failure") {
  const test::TemporaryFolder folder;
  write_whole(folder / "data", std::string(5000, 'x'));
  CHECK(read_text(folder / "data", "config", 5000).size() == 5000);
  CHECK_THROWS_AS(read_text(folder / "data", "config", 4999), RequestError);
  CHECK(read_text("/proc/self/status", "config").find("VmRSS") != std::string::npos);  // says it is empty
  CHECK_THROWS_AS(read_text("/proc/self/mem", "config"), RunError);  // nothing is mapped at 0
}

#ifndef NORMLAB_SANITIZED  // the sanitizers reserve address space, and end the process where there is none
TEST_CASE("a file that memory does not hold is a failure, not an empty text") {
  const test::TemporaryFolder folder;
  write_whole(folder / "huge", "");
  std::filesystem::resize_file(folder / "huge", std::uintmax_t{1} << 36);
  rlimit before{};
  ::getrlimit(RLIMIT_AS, &before);
  const rlimit limit{rlim_t{1} << 34, before.rlim_max};
  ::setrlimit(RLIMIT_AS, &limit);
  std::string message;
  try {
    read_text(folder / "huge", "config");
  } catch (const RunError& error) {
    message = error.what();
  }
  ::setrlimit(RLIMIT_AS, &before);
  CHECK(message.find("not enough memory to read") == 0);
}
#endif

TEST_CASE("reading gives every byte, and refuses what cannot be read by field and path") {
  const test::TemporaryFolder folder;
  const std::string binary("a\0b\nc\xff", 6);
  write_whole(folder / "data", binary);
  CHECK(read_text(folder / "data", "config") == binary);
  for (const std::string name : {"missing", ""}) {
    std::string message;
    try {
      read_text(folder / name, "config");
    } catch (const RequestError& error) {
      message = error.what();
    }
    CHECK(message.starts_with("config: \"" + (folder / name).string() + "\""));
  }
}

}  // namespace normlab
