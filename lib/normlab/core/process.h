// What the system knows about this process.
#pragma once

#include <cstddef>

namespace normlab {

double monotonic_seconds();            // a clock that never goes back; only differences mean something
double process_cpu_seconds();          // of all threads, since the process started
double seconds_since_process_start();  // resolution 10 ms; includes loading the program
std::size_t peak_resident_bytes();

// OpenMP's threads wait for each other by spinning, and where something else runs on one of their cores a
// step then takes many times as long (twenty times, measured beside a build; passive waiting: twice). The
// runtime reads its policy when the program is loaded, so this starts the program again in place, with
// OMP_WAIT_POLICY=passive. Returns when the variable (or GOMP_SPINCOUNT) is set already, or when the program
// cannot be started again.
void wait_passively();

// Makes every thread of this process treat subnormal numbers as zero. A state that decays towards zero
// (Adam's moments of a dead unit) would otherwise slow its step down by an amount that depends on the
// processor.
void flush_subnormals();

}  // namespace normlab
