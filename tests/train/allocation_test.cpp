// After its first step the training loop allocates nothing and creates no primitive. Every allocation of the
// process goes through the functions below; those that this program's own code asks for count. oneDNN's do
// not: it makes a few small objects whenever a primitive is executed. The sanitizers bring their own
// allocator, so nothing is counted under them.
#include <doctest/doctest.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <new>

#include "normlab/onednn/version.h"
#include "train/small_run.h"

namespace {
std::atomic<long> allocations{0};
}

#ifndef NORMLAB_SANITIZED
extern "C" {
extern const char __executable_start, etext;  // the bounds of this program's code, from the linker
void* __libc_malloc(std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
}

namespace {

void count_if_ours(const void* caller) {
  if (caller >= &__executable_start && caller < &etext) ++allocations;
}

void* allocate(std::size_t alignment, std::size_t size) {
  void* memory = alignment == 0 ? __libc_malloc(size) : __libc_memalign(alignment, size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

#if defined(__GNUC__) && !defined(__clang__)
// Where new is inlined, GCC takes what delete gets for memory of another allocator.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif
void* operator new(std::size_t size) {
  count_if_ours(__builtin_return_address(0));
  return allocate(0, size);
}
void* operator new[](std::size_t size) {
  count_if_ours(__builtin_return_address(0));
  return allocate(0, size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}

extern "C" {
void* malloc(std::size_t size) {
  count_if_ours(__builtin_return_address(0));
  return __libc_malloc(size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  count_if_ours(__builtin_return_address(0));
  return __libc_memalign(alignment, size);
}
}
#endif

namespace normlab {
namespace {

struct Counts {
  long allocations = 0;
  std::uint64_t primitives = 0;
};

// What happens from the evaluation at step `steps` to the one at step 2 * `steps`, that one included. An
// evaluation is the same work each time, so the difference between two values of `steps` is the training
// loop's alone.
Counts counts_over(const std::string& kind, Norm norm, Index steps, double dropout = 0) {
  RunConfig config = test::small_run(kind, norm);
  test::set_dropout(config.model, dropout);
  config.clip_gradient_norm = 1;
  config.budget.steps = 2 * steps;
  config.evaluate_every = {.epochs = 0, .steps = steps};
  Counts first, last;
  RunOptions options;
  options.on_evaluation = [&](const Evaluation& e) {
    (e.step == steps ? first : last) = {allocations.load(), onednn::primitives_made()};
  };
  REQUIRE(train(config, options).status == RunStatus::finished);
  return {last.allocations - first.allocations, last.primitives - first.primitives};
}

}  // namespace

TEST_CASE("the training loop neither allocates nor creates primitives after its first steps") {
  for (const char* kind : {"mlp", "rnn", "lstm", "gru", "cnn"}) {
    for (const Norm norm : {Norm::none, Norm::batch, Norm::layer, Norm::weight}) {
      CAPTURE(kind);
      CAPTURE(static_cast<int>(norm));
      const Counts few = counts_over(kind, norm, 15);
      const Counts many = counts_over(kind, norm, 95);  // crosses epochs, whose last batches are smaller
      CHECK(many.primitives == 0);
      CHECK(many.allocations == few.allocations);
      CHECK(counts_over(kind, norm, 95, 0.5).allocations == counts_over(kind, norm, 15, 0.5).allocations);
#ifndef NORMLAB_SANITIZED
      CHECK(few.allocations > 0);  // the evaluation allocates, so the count is alive
#endif
    }
  }
}

}  // namespace normlab
