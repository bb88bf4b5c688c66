#include "normlab/data/registry.h"
#include "normlab/data/dataset_name.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "data/idx_files.h"

using namespace normlab;
using namespace normlab::testing;

TEST_CASE("names of data sets and their specs are inverses") {
  for (const char* name : {"fashion-mnist", "mnist", "idx:some/folder", "text:some file.txt", "synthetic"}) {
    CHECK(dataset_name(parse_dataset(name)) == name);
  }
  CHECK(parse_dataset("idx:a:b").path == "a:b");
  CHECK(is_text(parse_dataset("text:x")));
  CHECK_FALSE(is_text(parse_dataset("mnist")));
}

TEST_CASE("unknown data sets are refused with the nearest name, and prefixes without a path") {
  CHECK(contains(request_error([] { parse_dataset("fashion-mnits"); }), "did you mean \"fashion-mnist\"?"));
  CHECK(contains(request_error([] { parse_dataset("minst"); }), "did you mean \"mnist\"?"));
  CHECK(request_error([] {
          parse_dataset("cifar");
        }).starts_with("dataset: unknown name \"cifar\"; known are "));
  CHECK(contains(request_error([] { parse_dataset("idx:"); }), "idx:FOLDER"));
  CHECK(contains(request_error([] { parse_dataset("text:"); }), "text:FILE"));
  CHECK_FALSE(request_error([] { parse_dataset(""); }).empty());
}

TEST_CASE("every listed data set says where it is or how to get it") {
  const std::vector<DatasetListing> listings = list_datasets();
  for (const char* name : {"fashion-mnist", "mnist", "idx:FOLDER", "text:FILE", "synthetic"}) {
    CHECK(std::any_of(listings.begin(), listings.end(), [&](const auto& l) { return l.name == name; }));
  }
  for (const DatasetListing& listing : listings) {
    CHECK_FALSE(listing.description.empty());
    CHECK_FALSE(listing.location.empty());
  }
}

TEST_CASE("checking a data set reports what was read, and refuses what is broken in the test set too") {
  TemporaryFolder folder;
  write_image_set(folder.path());
  DatasetSpec spec = parse_dataset("idx:" + folder.path().string());
  spec.validation_fraction = 0.1;
  const DatasetReport report = check_dataset(spec);
  CHECK(report.train_samples == 36);
  CHECK(report.validation_samples == 4);
  CHECK(report.test_samples == 10);
  CHECK(report.height == 3);
  CHECK(report.width == 2);
  CHECK(report.classes == 4);
  REQUIRE(report.files.size() == 4);
  CHECK(report.files[0].bytes == 16 + 40 * 6);
  CHECK_FALSE(report.files[0].known);

  std::string test = gzip(images_content(10, 3, 2));
  test[test.size() - 6] =
      static_cast<char>(test[test.size() - 6] ^ 1);  // the CRC-32, which only reading all shows
  write_file(folder.path() / "t10k-images-idx3-ubyte", test);
  CHECK(contains(request_error([&] { check_dataset(spec); }), "incorrect data check"));

  write_file(folder.path() / "text", "some characters to learn from");
  const DatasetReport text = check_dataset(parse_dataset("text:" + (folder.path() / "text").string()));
  CHECK(text.train_samples + text.validation_samples + text.test_samples == 29);
  CHECK(text.classes == 13);
  CHECK(text.text_format->carriage_returns == 0);
  CHECK(check_dataset(parse_dataset("synthetic")).test_samples == 1024);
}
