// What normalizing with known statistics means, of a row, of a channel and of a vector of channels alike:
//
//   n = (x - mean) reciprocal + shift,  z = gain n + bias
//
// where mean is rounded to the type of the numbers, reciprocal = 1 / sqrt(variance + epsilon), and shift
// makes up for the rounding: it is (rounded mean - mean) reciprocal. Root mean square normalization has mean
// and shift 0.
#pragma once

namespace normlab {

// Normalizations that look at one row at a time: layer (Ba, Kiros, Hinton 2016) or rms (Zhang & Sennrich
// 2019).
enum class RowNorm { none, layer, rms };

// E is a number, a vector of them (kernels/norm/normalization-inl.h), or a pointer to those of several
// channels.
template <class E>
struct Normalization {
  E mean, reciprocal, shift;
};

// Of a block of channels, with what follows: pointers to its first.
template <class T>
struct ChannelNormalization {
  Normalization<const T*> statistics;
  const T *gain, *bias;
};

}  // namespace normlab
