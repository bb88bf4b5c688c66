// The oneDNN engine and stream of this process, and a count of the primitives made. Private to onednn/.
#pragma once

#include <dnnl.hpp>

#include "normlab/core/tensor.h"

namespace normlab::onednn {

const dnnl::engine& engine();
const dnnl::stream& stream();

// Every primitive of the library is made through this, so that a test can hold the training loop to making
// none.
void count_primitive();

// A memory object without a buffer; set_data_handle() gives it one before each execution.
inline dnnl::memory unbound(const dnnl::memory::desc& description) {
  return {description, engine(), DNNL_MEMORY_NONE};
}

}  // namespace normlab::onednn
