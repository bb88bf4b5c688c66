#include "normlab/data/unpacked_files.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>

#include "data/idx_files.h"
#include "normlab/data/dataset_name.h"
#include "normlab/data/image_data.h"
#include "normlab/data/input_file.h"

using namespace normlab;
using namespace normlab::testing;

namespace {

FileIdentity identity_of_file(const std::filesystem::path& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return identity_of(status);
}

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// Files that are read in this process are published while this lives.
struct Sharing {
  Sharing() { unpacked_files().set_sharing(true); }
  ~Sharing() { unpacked_files().set_sharing(false); }
};

// A file is not shared within the clock tick in which it was written.
void write_settled(const std::filesystem::path& path, std::string_view content) {
  write_file(path, content);
  while (!is_settled(identity_of_file(path))) {
  }
}

std::string taken(const std::filesystem::path& path) {
  return std::string(InputFile(path, "file").take(~std::uint64_t{0}).text());
}

// As a child sees it.
std::optional<UnpackedContent> inherited(const std::filesystem::path& path) {
  return UnpackedFiles(unpacked_files().list()).find(identity_of_file(path));
}

}  // namespace

TEST_CASE(
    "content that one process unpacked another one finds, with its checksum, and nobody can change it") {
  UnpackedFiles parent("");
  SharedContent content;
  CHECK(content.append(bytes_of("some ")));
  CHECK(content.append(bytes_of("content")));
  const FileIdentity identity{1, 2, 3, 4, 5};
  CHECK(parent.publish(content, identity, 77)->bytes.text() == "some content");
  UnpackedFiles child(parent.list());
  const auto found = child.find(identity);
  REQUIRE(found);
  CHECK(found->bytes.text() == "some content");
  CHECK(found->crc32 == 77);
  const int descriptor = std::stoi(parent.list());
  CHECK(::pwrite(descriptor, "x", 1, 100) < 0);
  CHECK(::ftruncate(descriptor, 0) < 0);
  CHECK(::mmap(nullptr, 10, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0) == MAP_FAILED);
}

TEST_CASE("a file that differs in anything is another file") {
  UnpackedFiles files("");
  SharedContent content;
  content.append(bytes_of("content"));
  const FileIdentity identity{1, 2, 3, 4, 5};
  files.publish(content, identity, 0);
  for (const FileIdentity& other :
       {FileIdentity{0, 2, 3, 4, 5}, FileIdentity{1, 0, 3, 4, 5}, FileIdentity{1, 2, 0, 4, 5},
        FileIdentity{1, 2, 3, 0, 5}, FileIdentity{1, 2, 3, 4, 0}}) {
    CHECK_FALSE(files.find(other));
  }
  CHECK(files.find(identity));
}

TEST_CASE("descriptors that are no sealed content are passed over") {
  const int open_memory = ::memfd_create("test", MFD_ALLOW_SEALING),
            other = ::memfd_create("test", MFD_ALLOW_SEALING);
  REQUIRE(::write(other,
                  "something else, and long enough to hold the header of a content, which it is not; "
                  "something else",
                  96) == 96);
  REQUIRE(::fcntl(other, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) == 0);
  const std::string list = fmt::format("{},{},0,-1,99999,x,,7,", open_memory, other);
  CHECK(UnpackedFiles(list).list().empty());
  ::close(open_memory);
  ::close(other);
}

TEST_CASE("a file that was read while sharing is not read again, plain or gzip, until it changes") {
  TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "file";
  for (const bool compressed : {false, true}) {
    const auto stored = [&](const std::string& text) { return compressed ? gzip(text) : text; };
    write_settled(file, stored("first content"));
    {
      const Sharing sharing;
      CHECK(taken(file) == "first content");
    }
    REQUIRE(inherited(file));
    CHECK(inherited(file)->bytes.text() == "first content");
    InputFile again(file, "file");
    CHECK_FALSE(again.is_gzip());
    CHECK(again.expected_bytes() == 13);
    std::uint8_t start[5];
    CHECK(again.read(start, 5) == 5);
    const std::uint32_t crc_of_start = again.content_crc32();
    CHECK(crc_of_start == crc32_z(0, start, 5));
    CHECK(again.take(100).text() == " content");
    CHECK(again.content_crc32() == inherited(file)->crc32);
    CHECK(again.read(start, 5) == 0);

    write_settled(file, stored("other content"));
    CHECK_FALSE(inherited(file));
    CHECK(taken(file) == "other content");
  }
}

TEST_CASE("nothing is shared unless it is asked for, nor content with something behind it") {
  TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "file";
  write_settled(file, gzip("content"));
  CHECK(taken(file) == "content");
  CHECK_FALSE(inherited(file));
  const Sharing sharing;
  CHECK(InputFile(file, "file").take(6).text() == "conten");
  CHECK_FALSE(inherited(file));
  CHECK(InputFile(file, "file").take(7).text() == "content");
  CHECK(inherited(file));
}

TEST_CASE("a corrupt file is refused in the same words while sharing") {
  TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "file";
  write_settled(file, gzip("some content").substr(0, 25));
  const std::string alone = request_error([&] { taken(file); });
  const Sharing sharing;
  CHECK(contains(alone, "truncated"));
  CHECK(request_error([&] { taken(file); }) == alone);
}

TEST_CASE("shared images are used where they are, and all files of a set are shared, the test set included") {
  TemporaryFolder folder;
  write_image_set(folder.path());
  write_settled(folder.path() / "last", "");
  DatasetSpec spec = parse_dataset("idx:" + folder.path().string());
  spec.validation_fraction = 0.1;
  const ImageData alone = load_images(spec, 1);
  std::filesystem::remove(folder.path() / "last");
  const Sharing sharing;
  const ImageData shared = load_images(spec, 1);
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    CAPTURE(entry.path());
    CHECK(inherited(entry.path()));
  }
  const auto images = unpacked_files().find(identity_of_file(folder.path() / "train-images-idx3-ubyte"));
  CHECK(shared.train().pixels.data() == images->bytes.data() + 16);
  CHECK(std::ranges::equal(shared.train().pixels, alone.train().pixels));
  CHECK(std::ranges::equal(shared.load_test().pixels, alone.load_test().pixels));
}
