#include "normlab/data/idx.h"

#include <doctest/doctest.h>

#include <string>

#include "data/idx_files.h"
#include "normlab/data/dataset_name.h"
#include "normlab/data/image_data.h"

using namespace normlab;
using namespace normlab::testing;

namespace {

constexpr const char* train_images = "train-images-idx3-ubyte";
constexpr const char* train_labels = "train-labels-idx1-ubyte";
constexpr const char* test_images = "t10k-images-idx3-ubyte";
constexpr const char* test_labels = "t10k-labels-idx1-ubyte";

DatasetSpec idx_spec(const std::filesystem::path& folder) {
  DatasetSpec spec = parse_dataset("idx:" + folder.string());
  spec.validation_fraction = 0.25;
  return spec;
}

// The message with which a set is refused whose file `name` was replaced.
std::string message_with(const std::string& name, const std::string& content) {
  TemporaryFolder folder;
  write_image_set(folder.path());
  write_file(folder.path() / name, content);
  const std::string message = request_error([&] { load_images(idx_spec(folder.path()), 1); });
  CAPTURE(message);
  CHECK(message.starts_with("dataset.path: "));
  CHECK(contains(message, (folder.path() / name).string()));
  CHECK(message.ends_with("."));
  return message;
}

}  // namespace

TEST_CASE(
    "IDX files are read with every pixel and label in place, plain and gzip, whatever their names say") {
  TemporaryFolder folder;
  write_image_set(folder.path());
  const std::string pixels = images_content(40, 3, 2), labels = labels_content(40, 4);
  // .gz in the name and gzip in the content are independent.
  const auto check = [&](const std::string& images_file, const std::string& labels_file) {
    const ImageSet set = read_idx(images_file, labels_file, 0, "dataset.path");
    CHECK(set.count == 40);
    CHECK(set.height == 3);
    CHECK(set.width == 2);
    CHECK(set.classes == 4);
    CHECK(std::string(set.pixels.begin(), set.pixels.end()) == pixels.substr(16));
    CHECK(std::string(set.labels.begin(), set.labels.end()) == labels.substr(8));
  };
  check(folder.path() / train_images, folder.path() / train_labels);
  write_file(folder.path() / "images.gz", gzip(pixels));
  write_file(folder.path() / "labels", gzip(labels));
  check(folder.path() / "images.gz", folder.path() / "labels");
  write_file(folder.path() / "images.gz", pixels);
  check(folder.path() / "images.gz", folder.path() / train_labels);
  // A gzip file of two members is the two contents one after the other.
  write_file(folder.path() / "members", gzip(pixels.substr(0, 99)) + gzip(pixels.substr(99)));
  check(folder.path() / "members", folder.path() / train_labels);
}

TEST_CASE("the checksum of a file is that of its content, however it is stored") {
  TemporaryFolder folder;
  const std::string pixels = images_content(40, 3, 2);
  write_image_set(folder.path());
  const auto bytes = reinterpret_cast<const Bytef*>(pixels.data());
  const auto expected = static_cast<std::uint32_t>(crc32(0, bytes, static_cast<uInt>(pixels.size())));
  for (const std::string& stored :
       {pixels, gzip(pixels), gzip(pixels.substr(0, 50)) + gzip(pixels.substr(50))}) {
    write_file(folder.path() / train_images, stored);
    IdxContent contents[2];
    read_idx(folder.path() / train_images, folder.path() / train_labels, 0, "dataset.path", contents);
    CHECK(contents[0].bytes == pixels.size());
    CHECK(contents[0].crc32 == expected);
    CHECK(contents[1].bytes == 48);
  }
}

TEST_CASE("IDX files are found under both spellings, both test prefixes, and with .gz") {
  TemporaryFolder folder;
  write_file(folder.path() / "train-images.idx3-ubyte", images_content(40, 3, 2));
  write_file(folder.path() / "train-labels-idx1-ubyte.gz", gzip(labels_content(40, 4)));
  write_file(folder.path() / "test-images.idx3-ubyte.gz", gzip(images_content(10, 3, 2)));
  write_file(folder.path() / "test-labels-idx1-ubyte", labels_content(10, 4));
  const ImageData data = load_images(idx_spec(folder.path()), 1);
  CHECK(data.train().count == 30);
  CHECK(data.test_count() == 10);
}

TEST_CASE("a missing folder or file of an image set is refused by name") {
  TemporaryFolder folder;
  const auto load = [&](const std::filesystem::path& path) {
    return request_error([&] { load_images(idx_spec(path), 1); });
  };
  CHECK(contains(load(folder.path() / "absent"), "absent\" does not exist"));
  write_file(folder.path() / "file", "x");
  CHECK(contains(load(folder.path() / "file"), "is not a folder"));
  for (const char* name : {train_images, train_labels, test_images, test_labels}) {
    write_image_set(folder.path());
    std::filesystem::remove(folder.path() / name);
    const std::string message = load(folder.path());
    CAPTURE(message);
    CHECK(message.starts_with("dataset.path: "));
    CHECK(contains(message, std::string(name).substr(std::string(name).find('-') + 1)));
  }
  std::filesystem::create_directory(folder.path() / test_labels);
  CHECK(contains(load(folder.path()), "is a folder"));
}

TEST_CASE("wrong magic numbers are refused with the number found and the number needed") {
  // Swapped files, another element type, a text file, an empty file.
  CHECK(contains(message_with(train_images, labels_content(40, 4)), "0x00000801"));
  CHECK(contains(message_with(train_labels, images_content(40, 3, 2)), "starts with 0x00000801"));
  std::string floats = images_content(40, 3, 2);
  floats[2] = 0x0d;
  CHECK(contains(message_with(train_images, floats), "0x00000d03"));
  CHECK(contains(message_with(test_images, floats), "0x00000d03"));
  CHECK(contains(message_with(test_labels, "hello, world"), "magic number"));
  CHECK(contains(message_with(train_images, ""), "is truncated: 0 bytes"));
  CHECK(contains(message_with(test_labels, labels_header(10).substr(0, 7)), "is truncated: 7 bytes"));
}

TEST_CASE("truncated files and files with trailing bytes are refused, plain and gzip, training and test") {
  for (const bool compressed : {false, true}) {
    CAPTURE(compressed);
    const auto store = [&](const std::string& content) { return compressed ? gzip(content) : content; };
    for (const char* name : {train_images, test_images}) {
      const std::string content = images_content(name == train_images ? 40 : 10, 3, 2);
      CHECK(contains(message_with(name, store(content.substr(0, content.size() - 1))), "is truncated"));
      CHECK(contains(message_with(name, store(content + "x")), "has bytes after its end"));
    }
    for (const char* name : {train_labels, test_labels}) {
      const std::string content = labels_content(name == train_labels ? 40 : 10, 4);
      CHECK(contains(message_with(name, store(content.substr(0, content.size() - 1))), "is truncated"));
      CHECK(contains(message_with(name, store(content + "x")), "has bytes after its end"));
    }
  }
}

TEST_CASE("counts of images and labels that disagree are refused with both") {
  TemporaryFolder folder;
  for (const char* name : {train_labels, test_labels}) {
    const std::string message = message_with(name, labels_content(17, 4));
    CHECK(contains(message, "holds 17 labels"));
    CHECK(contains(message, name == train_labels ? "holds 40 images" : "holds 10 images"));
  }
}

TEST_CASE("test images of another size than the training images are refused") {
  CHECK(contains(message_with(test_images, images_content(10, 2, 3)),
                 "2 x 3; those of the training set are 3 x 2"));
}

TEST_CASE("corrupt gzip is refused: header, data, checksum, length, truncation, garbage after the end") {
  const std::string good = gzip(images_content(40, 3, 2));
  const auto broken = [&](std::size_t place) {
    std::string bytes = good;
    bytes[place] = static_cast<char>(bytes[place] ^ 0x55);
    return bytes;
  };
  CHECK(contains(message_with(train_images, broken(2)), "does not decode"));  // compression method
  CHECK(contains(message_with(train_images, broken(11)), "is corrupt"));      // compressed data
  CHECK(contains(message_with(train_images, broken(good.size() - 6)), "incorrect data check"));  // CRC-32
  CHECK(contains(message_with(train_images, broken(good.size() - 2)), "incorrect length check"));
  for (const std::size_t length :
       {std::size_t{2}, std::size_t{12}, good.size() / 2, good.size() - 8, good.size() - 1}) {
    CAPTURE(length);
    CHECK(contains(message_with(train_images, good.substr(0, length)), "truncated"));
  }
  CHECK(contains(message_with(train_images, good + "garbage"), "other bytes follow"));
  const std::string test = gzip(images_content(10, 3, 2));
  CHECK(contains(message_with(test_images, test.substr(0, test.size() - 3)), "truncated"));
  const std::string labels = gzip(labels_content(40, 4));
  CHECK(contains(message_with(train_labels, labels.substr(0, labels.size() - 9)), "truncated"));
}

TEST_CASE("a header that claims more than the file holds is refused before memory is asked for") {
  constexpr std::uint32_t largest = 0xffffffff;
  for (const bool compressed : {false, true}) {
    const auto store = [&](const std::string& content) { return compressed ? gzip(content) : content; };
    const std::string padding(100, 'x');
    CHECK(contains(message_with(train_images, store(images_header(largest, largest, largest) + padding)),
                   "more than any file can hold"));
    // 2^64 wraps to 0, and 2^64 + 2^32 to 2^32.
    CHECK(contains(message_with(train_images, store(images_header(1u << 31, 1u << 31, 4) + padding)),
                   "claims"));
    CHECK(contains(message_with(train_images, store(images_header(largest, 28, 28) + padding)), "claims"));
    CHECK(contains(message_with(train_labels, store(labels_header(largest) + padding)), "claims"));
    CHECK(contains(message_with(test_images, store(images_header(largest, 28, 28) + padding)), "claims"));
  }
}

TEST_CASE("a set without samples or without pixels is refused") {
  CHECK(contains(message_with(train_images, images_header(0, 3, 2)), "at least one sample"));
  CHECK(contains(message_with(train_labels, labels_header(0)), "at least one sample"));
  CHECK(contains(message_with(test_images, images_header(10, 0, 2)), "at least one sample"));
}

TEST_CASE("training labels of a single class, and test labels beyond the training classes, are refused") {
  CHECK(
      contains(message_with(train_labels, labels_header(40) + std::string(40, '\3')), "a single class (3)"));
  const std::string message = message_with(test_labels, labels_content(10, 5));
  CHECK(contains(message, "gives sample 4 the label 4"));
  CHECK(contains(message, "0 to 3"));
}
