// What the system knows about this process.
#pragma once

#include <cstddef>

namespace normlab {

double monotonic_seconds();            // a clock that never goes back; only differences mean something
double process_cpu_seconds();          // of all threads, since the process started
double seconds_since_process_start();  // resolution 10 ms; includes loading the program
std::size_t peak_resident_bytes();

// Makes every thread of this process treat subnormal numbers as zero. A state that decays towards zero
// (Adam's moments of a dead unit) would otherwise slow its step down by an amount that depends on the
// processor.
void flush_subnormals();

}  // namespace normlab
