// Inverted dropout (Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from
// overfitting", section 10): y_e = x_e / (1 - p) with probability 1 - p, and 0 with probability p.
//
// Whether element e is kept is a function of (seed, stream, step, e) alone: elements go in groups of 32, each
// with eight blocks of Philox's numbers (core/random.h). Word w of block b = 8 group + lane, which is
// philox({b, step, stream}, seed), is that of element 32 group + 8 w + lane, which is kept where the word is
// at least `threshold`. Two elements share a number beyond 2^34 of them or after 2^32 steps.
#pragma once

#include <cstdint>

#include "normlab/core/tensor.h"

namespace normlab {

inline constexpr Index dropout_group = 32;  // elements

template <class T>
struct DropoutForward {
  const T* x;           // (size)
  T* y;                 // (size)
  std::uint32_t* kept;  // (size / 32, rounded up): one bit for each element, the lowest first
  Index first_group;    // of x, among the groups of the layer
  Index size;
  std::uint64_t seed, stream;
  Index step;
  std::uint32_t threshold;  // 2^32 p
  T scale;                  // 1 / (1 - p)
};

// dx_e = dy_e / (1 - p) where e was kept, else 0.
template <class T>
struct DropoutBackward {
  const T* dy;                // (size)
  T* dx;                      // (size)
  const std::uint32_t* kept;  // as forward wrote it
  Index size;
  T scale;
};

template <class T>
void dropout_forward(const DropoutForward<T>& arguments);
template <class T>
void dropout_backward(const DropoutBackward<T>& arguments);

}  // namespace normlab
