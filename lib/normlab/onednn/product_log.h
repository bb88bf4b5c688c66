// Which products a piece of code makes, for `normlab bench`, which then measures each of them alone.
#pragma once

#include <map>
#include <utility>

#include "normlab/core/section_clock.h"
#include "normlab/onednn/product_shapes.h"

namespace normlab {

struct LoggedProduct {
  ProductShape shape;
  bool packed = false;  // its second operand was, before
  auto operator<=>(const LoggedProduct&) const = default;
};

using LoggedConvolution = std::pair<ConvolutionShape, ConvolutionPass>;

struct ProductTotal {
  Index count = 0;
  double seconds = 0;
};

struct ProductLog {
  std::map<LoggedProduct, ProductTotal> products;
  std::map<LoggedConvolution, ProductTotal> convolutions;
};

// While it lives, every product of this process is counted and timed in its log. One at a time.
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
    if (recording != nullptr) start(recording->products[product]);
  }
  ProductScope(const ConvolutionShape& shape, ConvolutionPass pass) : section_(Section::products) {
    if (recording != nullptr) start(recording->convolutions[{shape, pass}]);
  }
  ~ProductScope() {
    if (total_ != nullptr) stop();
  }
  ProductScope(const ProductScope&) = delete;
  ProductScope& operator=(const ProductScope&) = delete;

  static ProductLog* recording;

 private:
  void start(ProductTotal& total);
  void stop() const;

  SectionScope section_;
  ProductTotal* total_ = nullptr;
  double begin_ = 0;
};

}  // namespace onednn
}  // namespace normlab
