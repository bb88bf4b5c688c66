#include "normlab/onednn/product_log.h"

namespace normlab {

ProductLog* onednn::ProductScope::recording = nullptr;

ProductRecording::ProductRecording() {
  onednn::ProductScope::recording = &log_;
}

ProductRecording::~ProductRecording() {
  onednn::ProductScope::recording = nullptr;
}

}  // namespace normlab
