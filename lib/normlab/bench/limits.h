// What this machine can do at most, on one thread: copying memory and multiplying matrices.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "normlab/bench/measure.h"
#include "normlab/onednn/product_log.h"

namespace normlab::bench {

// Copying `footprint` bytes, source and destination together, with memcpy; bytes read and bytes written both
// count towards the rate.
struct CopyRate {
  Index footprint = 0;
  Figure bytes_per_second;
};

struct ProductRate {
  Index m = 0, n = 0, k = 0;
  Figure flops;  // a second; a multiply-add is two
};

struct Limits {
  std::vector<CopyRate> copy;         // by ascending footprint, from the first cache to memory
  std::vector<ProductRate> products;  // large ones
  double best_flops() const;
  // Of data of that size: interpolated between the measured footprints on a logarithmic scale.
  double copy_rate(double footprint) const;
};

Limits measure_limits(const Effort& effort);

// A product of some step, alone and over again, in all orders in which its operands could be stored.
struct ProductTimes {
  Figure as_used;          // seconds, in the order that the step uses
  Figure best;             // in the fastest order
  std::string best_order;  // "a b", "aT b", "a bT", "aT bT" or "a packed"
};

// Measures each product once, when it is first asked for.
class ProductBench {
 public:
  explicit ProductBench(const Effort& effort) : effort_(effort) {}
  const ProductTimes& operator()(const LoggedProduct& product);
  // Seconds of one pass of a convolution: as used, and in the memory formats that oneDNN chooses itself.
  const ProductTimes& operator()(const ConvolutionShape& shape, ConvolutionPass pass);

  const std::map<LoggedProduct, ProductTimes>& products() const { return products_; }
  const std::map<std::pair<ConvolutionShape, ConvolutionPass>, ProductTimes>& convolutions() const {
    return convolutions_;
  }

 private:
  Effort effort_;
  std::map<LoggedProduct, ProductTimes> products_;
  std::map<std::pair<ConvolutionShape, ConvolutionPass>, ProductTimes> convolutions_;
};

}  // namespace normlab::bench
