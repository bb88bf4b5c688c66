// What the system knows about this process.
#pragma once

#include <cstddef>
#include <string>

namespace normlab {

double monotonic_seconds();            // a clock that never goes back; only differences mean something
double process_cpu_seconds();          // of all threads, since the process started
double thread_cpu_seconds();           // of the calling thread
double seconds_since_process_start();  // resolution 10 ms; includes loading the program
std::size_t peak_resident_bytes();
std::string utc_time(double seconds_ago);  // ISO 8601: "2026-03-01T14:05:09Z"

// What `ps` and `top` call this process; a program that starts itself again through /proc/self/exe would be
// called "exe".
void set_process_name(const char* name);

// OpenMP's threads wait for each other by spinning, and where something else runs on one of their cores a
// step takes many times as long. The runtime reads how long they spin before they sleep when the program is
// loaded, so this starts the program again in place with GOMP_SPINCOUNT set to spins_before_sleep. Returns
// when that (or OMP_WAIT_POLICY) is set already, or when the program cannot be started again.
void limit_spinning();

// An mlp, LSTM or cnn step on two threads takes as long as with unlimited spinning on a quiet machine,
// and 1.3 times as long as without any beside a build, where unlimited spinning takes 20 to 35 times as long.
// Without any spinning the same steps take 1.6 to 3.8 times as long on a quiet machine.
inline constexpr const char* spins_before_sleep = "1000";

// Makes every thread of this process treat subnormal numbers as zero. A state that decays towards zero
// (Adam's moments of a dead unit) would otherwise slow its step down by an amount that depends on the
// processor.
void flush_subnormals();

}  // namespace normlab
