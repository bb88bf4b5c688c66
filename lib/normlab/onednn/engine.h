// The oneDNN engine and stream of this process, and a count of the primitives made. Private to onednn/.
#pragma once

#include <dnnl.hpp>
#include <initializer_list>
#include <utility>
#include <vector>

#include "normlab/core/tensor.h"

namespace normlab::onednn {

inline constexpr auto f32 = dnnl::memory::data_type::f32;

const dnnl::engine& engine();
const dnnl::stream& stream();

// Every primitive of the library is made through this, so that a test can hold the training loop to making
// none.
void count_primitive();

// A memory object without a buffer; set_data_handle() gives it one before each execution.
inline dnnl::memory unbound(const dnnl::memory::desc& description) {
  return {description, engine(), DNNL_MEMORY_NONE};
}

// The arguments of one primitive in the form that the C interface takes: execute() of dnnl.hpp would convert
// them, and allocate, at every call. (oneDNN itself still allocates a few small objects in each execution.)
class Arguments {
 public:
  Arguments(std::initializer_list<std::pair<const int, dnnl::memory>> memories) {
    for (const auto& [argument, memory] : memories) add(argument, memory);
  }
  void add(int argument, const dnnl::memory& memory) {
    memories_.push_back(memory);
    arguments_.push_back({argument, memory.get()});
  }
  void execute(const dnnl::primitive& primitive) const {
    dnnl::error::wrap_c_api(dnnl_primitive_execute(primitive.get(), stream().get(),
                                                   static_cast<int>(arguments_.size()), arguments_.data()),
                            "could not execute a primitive");
  }

 private:
  std::vector<dnnl::memory> memories_;  // keeps the handles alive
  std::vector<dnnl_exec_arg_t> arguments_;
};

}  // namespace normlab::onednn
