#include "normlab/data/image_data.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "data/idx_files.h"
#include "normlab/data/dataset_name.h"
#include "normlab/data/registry.h"
#include "normlab/data/standard_files.h"

using namespace normlab;
using namespace normlab::testing;

namespace {

ImageSet numbered_images(Index count, int classes) {
  ImageSet set{count, 1, 1, classes, {}, {}};
  std::vector<std::uint8_t> pixels;
  for (Index i = 0; i < count; ++i) {
    pixels.push_back(static_cast<std::uint8_t>(i));
    set.labels.push_back(static_cast<std::uint8_t>(i % classes));
  }
  set.pixels = std::move(pixels);
  return set;
}

ImageData split(Index count, double fraction, Index limit) {
  DatasetSpec spec;
  spec.validation_fraction = fraction;
  spec.train_limit = limit;
  return ImageData(numbered_images(count, 2), 1, spec, [] { return numbered_images(1, 2); });
}

// Nearest class mean on the training part, judged on the validation part: the error of a very simple model.
double nearest_mean_error(const ImageData& data) {
  const ImageView &train = data.train(), &validation = data.validation();
  const Index size = train.height * train.width;
  std::vector<std::vector<double>> mean(static_cast<std::size_t>(train.classes),
                                        std::vector<double>(static_cast<std::size_t>(size)));
  std::vector<double> counts(mean.size());
  for (Index i = 0; i < train.count; ++i) {
    const std::uint8_t label = train.labels[static_cast<std::size_t>(i)];
    counts[label] += 1;
    for (Index p = 0; p < size; ++p) {
      mean[label][static_cast<std::size_t>(p)] += train.pixels[static_cast<std::size_t>(i * size + p)];
    }
  }
  Index wrong = 0;
  for (Index i = 0; i < validation.count; ++i) {
    std::vector<double> distance(mean.size());
    for (std::size_t c = 0; c < mean.size(); ++c) {
      for (Index p = 0; p < size; ++p) {
        const double d = mean[c][static_cast<std::size_t>(p)] / counts[c] -
                         validation.pixels[static_cast<std::size_t>(i * size + p)];
        distance[c] += d * d;
      }
    }
    const auto best = std::min_element(distance.begin(), distance.end()) - distance.begin();
    wrong += best != validation.labels[static_cast<std::size_t>(i)];
  }
  return static_cast<double>(wrong) / static_cast<double>(validation.count);
}

}  // namespace

TEST_CASE("the validation part is the end of the training file, and the limit keeps the start of the rest") {
  const ImageData data = split(100, 0.2, 30);
  CHECK(data.train().count == 30);
  CHECK(data.train().pixels.front() == 0);
  CHECK(data.train().pixels.back() == 29);
  CHECK(data.validation().count == 20);
  CHECK(data.validation().pixels.front() == 80);
  CHECK(data.validation().labels.size() == 20);
  CHECK(split(100, 0.2, 0).train().count == 80);
  CHECK(split(100, 0.001, 0).validation().count == 1);
  CHECK(split(100, 0.126, 0).validation().count == 13);
}

TEST_CASE("pixels are standardized by the mean and the deviation of the training part, in every part") {
  DatasetSpec spec;
  spec.standardize = true;
  spec.validation_fraction = 0.1;
  const ImageData data(numbered_images(103, 2), 1, spec, [] { return numbered_images(1, 2); });
  REQUIRE(data.train().count == 93);  // pixels 0 to 92
  CHECK(data.train().scale.mean == doctest::Approx(46));
  CHECK(data.train().scale.deviation == doctest::Approx(std::sqrt((93 * 93 - 1) / 12.0)));
  CHECK(data.validation().scale.mean == data.train().scale.mean);
  CHECK(data.validation().scale.deviation == data.train().scale.deviation);
  CHECK(data.load_test().scale.deviation == data.train().scale.deviation);
  ImageSet grey = numbered_images(103, 2);
  std::vector<std::uint8_t> same(103, 7);
  grey.pixels = std::move(same);
  const ImageData flat(std::move(grey), 1, spec, [] { return numbered_images(1, 2); });
  CHECK(flat.train().scale.mean == 7);
  CHECK(flat.train().scale.deviation == 1);
}

TEST_CASE("the parts are views of one buffer that survive a move") {
  ImageData data = split(100, 0.2, 0);
  const std::uint8_t* first = data.train().pixels.data();
  const ImageData moved = std::move(data);
  CHECK(moved.train().pixels.data() == first);
  CHECK(moved.validation().pixels.data() == first + 80);
  CHECK(moved.validation().pixels[0] == 80);
}

TEST_CASE("a validation part without some of the classes draws a warning that names them") {
  ImageSet sorted = numbered_images(100, 4);
  std::sort(sorted.labels.begin(), sorted.labels.end());
  DatasetSpec spec;
  spec.validation_fraction = 0.3;
  const std::string warning =
      standard_error_of([&] { ImageData(std::move(sorted), 1, spec, [] { return numbered_images(1, 4); }); });
  CHECK(contains(warning, "validation part of the training set (30 samples) has no sample of class 0, 1"));
  CHECK(standard_error_of([] { split(100, 0.2, 0); }).empty());
}

TEST_CASE("splits that leave nothing, and limits beyond the data, are refused by field") {
  for (const double fraction : {0.0, -0.5, 1.0, 2.0, 0.999, std::numeric_limits<double>::quiet_NaN()}) {
    CAPTURE(fraction);
    CHECK(request_error([&] { split(100, fraction, 0); }).starts_with("dataset.validation_fraction: "));
  }
  CHECK(request_error([] { split(100, 0.2, 81); }).starts_with("dataset.train_limit: 81 is not allowed"));
  CHECK(request_error([] { split(100, 0.2, -1); }).starts_with("dataset.train_limit: -1 is not allowed"));
  CHECK(split(100, 0.2, 80).train().count == 80);
}

TEST_CASE("the test set is read when it is asked for, and a change since then is a failure of the run") {
  TemporaryFolder folder;
  write_image_set(folder.path());
  DatasetSpec spec = parse_dataset("idx:" + folder.path().string());
  spec.validation_fraction = 0.1;
  const ImageData data = load_images(spec, 1);
  // Other pixels of the same shape, written after loading, are what the test set holds.
  const std::string later = images_content(10, 3, 2, 31);
  write_file(folder.path() / "t10k-images-idx3-ubyte", later);
  const ImageSet test = data.load_test();
  CHECK(std::string(test.pixels.begin(), test.pixels.end()) == later.substr(16));
  CHECK(test.classes == 4);
  std::filesystem::remove(folder.path() / "t10k-images-idx3-ubyte");
  CHECK_THROWS_AS(data.load_test(), RunError);
}

TEST_CASE("synthetic images depend on the seed alone, differ between train and test, and can be learnt") {
  const ImageData data = load_images(parse_dataset("synthetic"), 5),
                  again = load_images(parse_dataset("synthetic"), 5);
  CHECK(std::ranges::equal(data.train().pixels, again.train().pixels));
  CHECK(std::ranges::equal(data.load_test().pixels, again.load_test().pixels));
  const ImageData other = load_images(parse_dataset("synthetic"), 6);
  CHECK_FALSE(std::ranges::equal(data.train().pixels, other.train().pixels));
  CHECK(data.train().count + data.validation().count == 4096);
  CHECK(data.test_count() == 1024);
  CHECK(data.load_test().count == 1024);
  CHECK(data.classes() == 10);
  const ImageSet test = data.load_test();
  CHECK_FALSE(std::ranges::equal(test.view().part(0, 100).pixels, data.train().part(0, 100).pixels));
  CHECK(nearest_mean_error(data) < 0.5);
}

TEST_CASE("Fashion-MNIST is read whole, with the checksums on record") {
  DatasetSpec spec;
  const std::vector<std::filesystem::path> folders = search_folders(spec.kind);
  if (std::none_of(folders.begin(), folders.end(),
                   [](const auto& folder) { return std::filesystem::is_directory(folder); })) {
    MESSAGE("skipped: the package dataset-fashion-mnist is not installed");
    return;
  }
  const ImageData data = load_images(spec, 1);
  CHECK(data.train().count == 55000);
  CHECK(data.validation().count == 5000);
  CHECK(data.classes() == 10);
  CHECK(data.height() == 28);
  CHECK(data.train().labels[0] == 9);
  const ImageSet test = data.load_test();
  CHECK(test.count == 10000);
  CHECK(std::count(test.labels.begin(), test.labels.end(), 3) == 1000);
  for (const CheckedFile& file : check_dataset(spec).files) CHECK(file.known);
}

TEST_CASE(
    "a data set with a name is looked for in $NORMLAB_DATA_DIR, and refused when it is missing or not "
    "genuine") {
  TemporaryFolder folder;
  const Environment chosen("NORMLAB_DATA_DIR", folder.path().string());
  const std::string missing = request_error([] { load_images(parse_dataset("mnist"), 1); });
  CHECK(contains(missing, "dataset: mnist was not found"));
  CHECK(contains(missing, "normlab data fetch mnist"));
  CHECK(contains(missing, (folder.path() / "mnist").string()));

  std::filesystem::create_directories(folder.path() / "fashion-mnist");
  write_image_set(folder.path() / "fashion-mnist");
  const std::string forged = request_error([] { load_images(parse_dataset("fashion-mnist"), 1); });
  CHECK(contains(forged, "dataset fashion-mnist: "));
  CHECK(contains(forged, "CRC-32"));
  CHECK(contains(forged, (folder.path() / "fashion-mnist").string()));
}

TEST_CASE("the checksum of images is that of what the files hold, the test images left out") {
  CHECK(load_images(parse_dataset("synthetic"), 1).checksum().empty());
  const TemporaryFolder folder;
  write_image_set(folder.path());
  const auto checksum_now = [&] {
    return load_images(parse_dataset("idx:" + folder.path().string()), 1).checksum();
  };
  const std::string before = checksum_now();
  CHECK(before.size() == 24);
  const auto file = [&](const char* name) { return folder.path() / name; };
  write_file(file("train-images-idx3-ubyte"), gzip(images_content(40, 3, 2)));
  write_file(file("t10k-images-idx3-ubyte"), images_content(10, 3, 2, 7));
  CHECK(checksum_now() == before);
  for (const auto& one :
       {std::pair("train-images-idx3-ubyte", images_content(40, 3, 2, 1)),
        std::pair("train-labels-idx1-ubyte", labels_header(40) + labels_content(40, 4).substr(9) + '\0'),
        std::pair("t10k-labels-idx1-ubyte", labels_header(10) + labels_content(10, 4).substr(9) + '\0')}) {
    const auto& name = one.first;
    const auto& other = one.second;
    CAPTURE(name);
    write_image_set(folder.path());
    write_file(file(name), other);
    CHECK(checksum_now() != before);
  }
}
