#include "normlab/onednn/product_log.h"

#include "normlab/core/process.h"

namespace normlab {

ProductLog* onednn::ProductScope::recording = nullptr;

ProductRecording::ProductRecording() {
  onednn::ProductScope::recording = &log_;
}

ProductRecording::~ProductRecording() {
  onednn::ProductScope::recording = nullptr;
}

void onednn::ProductScope::start(ProductTotal& total) {
  total_ = &total;
  begin_ = monotonic_seconds();
}

void onednn::ProductScope::stop() const {
  total_->seconds += monotonic_seconds() - begin_;
  ++total_->count;
}

}  // namespace normlab
