// What the process of a run tells the sweep that started it: memory that both see.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>

#include "normlab/train/trainer.h"

namespace normlab {

// All of it may be read at any moment; fields that belong together may be a step apart.
struct RunState {
  std::atomic<int> pin_error{0};             // errno of pinning the process to its cores
  std::atomic<std::int64_t> first_step{-1};  // steps done when the process began to train; -1: it has not yet
  std::atomic<std::int64_t> step{-1};        // steps done
  std::atomic<std::int64_t> last_step{0};    // of the budget; the largest number when it counts seconds alone
  std::atomic<std::int64_t> steps_per_epoch{0};
  std::atomic<double> train_seconds{0};
  // The reported metric (Task::reported) of the newest evaluation by this process, on the validation set; NaN
  // before there is one.
  std::atomic<double> metric{std::numeric_limits<double>::quiet_NaN()};
};
static_assert(std::atomic<double>::is_always_lock_free && std::atomic<std::int64_t>::is_always_lock_free,
              "two processes share them");

class SharedRunState {
 public:
  SharedRunState();                         // new memory; RunError when there is none
  explicit SharedRunState(int descriptor);  // the memory of another process, whose descriptor was inherited
  ~SharedRunState();
  SharedRunState(SharedRunState&& other) noexcept;
  SharedRunState& operator=(SharedRunState&&) = delete;

  int descriptor() const { return descriptor_; }  // closed at exec
  RunState& operator*() const { return *state_; }
  RunState* operator->() const { return state_; }

 private:
  void map();

  int descriptor_ = -1;
  RunState* state_ = nullptr;
};

// Makes a run with these options keep `state` up to date; `state` outlives the run.
void report_to(RunState& state, RunOptions& options);

}  // namespace normlab
