// After its first step the training loop allocates nothing and creates no primitive. Every allocation of the
// process, oneDNN's included, goes through the functions below, which count; the sanitizers bring their own,
// so the count is not checked under them.
#include <doctest/doctest.h>

#include <atomic>
#include <cerrno>

#include "normlab/onednn/version.h"
#include "small_run.h"

namespace {
std::atomic<long> allocations{0};
}

#ifndef NORMLAB_SANITIZED
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t size) {
  ++allocations;
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  ++allocations;
  return __libc_calloc(count, size);
}
void* realloc(void* old, std::size_t size) {
  ++allocations;
  return __libc_realloc(old, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  ++allocations;
  return __libc_memalign(alignment, size);
}
void* memalign(std::size_t alignment, std::size_t size) {
  ++allocations;
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** out, std::size_t alignment, std::size_t size) {
  ++allocations;
  *out = __libc_memalign(alignment, size);
  return *out == nullptr ? ENOMEM : 0;
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
Counts counts_over(ModelKind kind, Norm norm, Index steps) {
  RunConfig config = test::small_run(kind, norm);
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
  for (const ModelKind kind :
       {ModelKind::mlp, ModelKind::rnn, ModelKind::lstm, ModelKind::gru, ModelKind::cnn}) {
    for (const Norm norm : {Norm::none, Norm::batch, Norm::layer, Norm::weight}) {
      CAPTURE(static_cast<int>(kind));
      CAPTURE(static_cast<int>(norm));
      const Counts few = counts_over(kind, norm, 15);
      const Counts many = counts_over(kind, norm, 95);  // crosses epochs, whose last batches are smaller
      CHECK(many.primitives == 0);
      CHECK(many.allocations == few.allocations);
#ifndef NORMLAB_SANITIZED
      CHECK(few.allocations > 0);  // the evaluation allocates, so the count is alive
#endif
    }
  }
}

}  // namespace normlab
