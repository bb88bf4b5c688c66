#include "normlab/experiment/process/run_state.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "normlab/core/error.h"

namespace normlab {

SharedRunState::SharedRunState() : descriptor_(memfd_create("normlab-run", MFD_CLOEXEC)) {
  if (descriptor_ >= 0 && ftruncate(descriptor_, sizeof(RunState)) == 0) map();
  if (state_ != nullptr) {
    new (state_) RunState;
    return;
  }
  const int error = errno;
  if (descriptor_ >= 0) close(descriptor_);
  throw RunError(fmt::format("no memory to share with a process: {}", std::strerror(error)));
}

SharedRunState::SharedRunState(int descriptor) : descriptor_(descriptor) {
  map();
  if (state_ == nullptr)
    throw RunError(fmt::format("the sweep's memory cannot be reached: {}", std::strerror(errno)));
}

SharedRunState::~SharedRunState() {
  if (state_ != nullptr) munmap(state_, sizeof(RunState));
  if (descriptor_ >= 0) close(descriptor_);
}

SharedRunState::SharedRunState(SharedRunState&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), state_(std::exchange(other.state_, nullptr)) {}

void SharedRunState::map() {
  void* memory = mmap(nullptr, sizeof(RunState), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0);
  if (memory != MAP_FAILED) state_ = static_cast<RunState*>(memory);
}

void report_to(RunState& state, RunOptions& options) {
  options.on_step = [&state](const TrainingPosition& position) {
    if (state.first_step < 0) {
      state.last_step = position.last_step;
      state.steps_per_epoch = position.steps_per_epoch;
      state.first_step = position.step;
    }
    state.train_seconds.store(position.train_seconds, std::memory_order_relaxed);
    state.step.store(position.step, std::memory_order_relaxed);
  };
  options.on_evaluation = [&state](const Evaluation& evaluation) {
    state.metric = evaluation.validation.back();
  };
}

}  // namespace normlab
