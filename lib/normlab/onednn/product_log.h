// Which products a piece of code makes, for `normlab bench`, which then measures each of them alone.
#pragma once

#include <map>
#include <utility>

#include "normlab/core/section_clock.h"
#include "normlab/onednn/convolution.h"
#include "normlab/onednn/matrix_product.h"

namespace normlab {

struct LoggedProduct {
  ProductShape shape;
  bool packed = false;  // its second operand was, before
  auto operator<=>(const LoggedProduct&) const = default;
};

// How often each was made.
struct ProductLog {
  std::map<LoggedProduct, Index> products;
  std::map<std::pair<ConvolutionShape, ConvolutionPass>, Index> convolutions;
};

// While it lives, every product of this process is counted in its log. One at a time.
class ProductRecording {
 public:
  ProductRecording();
  ~ProductRecording();
  ProductRecording(const ProductRecording&) = delete;
  ProductRecording& operator=(const ProductRecording&) = delete;
  const ProductLog& log() const { return log_; }

 private:
  ProductLog log_;
};

namespace onednn {

// Around the execution of a product: its time belongs to Section::products.
class ProductScope {
 public:
  explicit ProductScope(const LoggedProduct& product) : section_(Section::products) {
    if (recording != nullptr) ++recording->products[product];
  }
  ProductScope(const ConvolutionShape& shape, ConvolutionPass pass) : section_(Section::products) {
    if (recording != nullptr) ++recording->convolutions[{shape, pass}];
  }

  static ProductLog* recording;

 private:
  SectionScope section_;
};

}  // namespace onednn
}  // namespace normlab
