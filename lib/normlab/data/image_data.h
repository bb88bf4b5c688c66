// Labelled images: the training set split into a training and a validation part, and the test set, which is
// read once at the end of a run.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "normlab/core/tensor.h"
#include "normlab/data/dataset_spec.h"
#include "normlab/data/image_set.h"

namespace normlab {

// The data of a run on images. Movable; the views stay valid when it is moved.
class ImageData {
 public:
  using TestLoader = std::function<ImageSet()>;

  // Splits `training_file`: the last round(validation_fraction * count) samples, at least one, are the
  // validation part; train_limit keeps the first so many of the rest. Both are views into one buffer. Warns
  // when the validation or the training part lacks classes (a file that is sorted by label). Throws
  // RequestError naming dataset.validation_fraction or dataset.train_limit when they leave nothing to train
  // on, or ask for more samples than there are. validation_limit and test_limit keep the first so many of
  // their parts. `checksum`: of the files; "" when there are none.
  ImageData(ImageSet training_file, Index test_count, const DatasetSpec& spec, TestLoader load_test,
            std::string checksum = "");

  ImageData(ImageData&&) = default;
  ImageData& operator=(ImageData&&) = default;

  const ImageView& train() const { return train_; }
  const ImageView& validation() const { return validation_; }
  Index height() const { return train_.height; }
  Index width() const { return train_.width; }
  int classes() const { return train_.classes; }
  Index test_count() const { return test_count_; }  // of the test set, the first so many count

  // Hexadecimal digits: the CRC-32 of the training images, of their labels and of the test labels. The test
  // images are left out, since a run reads them at its end.
  const std::string& checksum() const { return checksum_; }

  // Reads the test set now. It was found to be there and to fit when the data was loaded, so what goes wrong
  // here is a RunError.
  ImageSet load_test() const;

 private:
  ImageSet storage_;
  ImageView train_, validation_;
  Index test_count_ = 0;
  TestLoader load_test_;
  std::string checksum_;
};

// Loads fashion_mnist, mnist, idx or synthetic; `seed` is the run's and matters to synthetic only. Of the
// test files only the headers, the sizes and the labels' range are looked at. Throws RequestError naming
// `dataset.path` (idx) or the dataset, the file, what was found and what is allowed; for a data set that is
// missing it says how to get it.
ImageData load_images(const DatasetSpec& spec, std::uint64_t seed);

// A learnable classification task without files: every class is a smooth random pattern, every sample a
// shifted, scaled and noisy copy of its class's. Depends on nothing but the arguments; different streams
// (such as "train" and "test") share the patterns and differ in the samples.
ImageSet synthetic_images(std::uint64_t seed, std::string_view stream, Index count, Index height = 28,
                          Index width = 28, int classes = 10);

}  // namespace normlab
