#include "normlab/kernels/recurrent/gru_cell.h"

#include "normlab/kernels/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "normlab/kernels/recurrent/gru_cell.cpp"
#include <hwy/foreach_target.h>

#include "normlab/kernels/recurrent/cell_side-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

// For the vector of units at i of one row, from the summed inputs of r and z and the two parts of n's: stores
// r, z, n; returns h.
template <class T, class Access, class V>
HWY_INLINE V gru_gates(Access access, V sum_r, V sum_z, V candidate_input, V candidate_recurrent, T* gates,
                       Index hidden, Index i, const T* previous_hidden) {
  const auto d = access.d;
  const auto r = sigmoid(d, sum_r);
  const auto z = sigmoid(d, sum_z);
  const auto n = tanh(d, hn::MulAdd(r, candidate_recurrent, candidate_input));
  access.store(r, gates + i);
  access.store(z, gates + hidden + i);
  access.store(n, gates + 2 * hidden + i);
  return hn::MulAdd(z, hn::Sub(access.load(previous_hidden + i), n), n);
}

// Stores the gradients of the summed inputs of r, z and n in dgates and adds z dL/dh to dprevious_hidden, if
// any; returns the gradient of candidate_recurrent.
template <class T, class Access, class V>
HWY_INLINE V gru_gates_backward(Access access, V candidate_recurrent, const T* gates, T* dgates, Index hidden,
                                Index i, const T* dhidden, const T* previous_hidden, T* dprevious_hidden) {
  const auto d = access.d;
  const auto r = access.load(gates + i);
  const auto z = access.load(gates + hidden + i);
  const auto n = access.load(gates + 2 * hidden + i);
  const auto dh = access.load(dhidden + i);
  const auto dz = hn::Mul(dh, hn::Sub(access.load(previous_hidden + i), n));
  const auto through_z = hn::Mul(dh, z);
  const auto dsum_n = tanh_gradient(d, hn::Sub(dh, through_z), n);
  access.store(sigmoid_gradient(d, hn::Mul(dsum_n, candidate_recurrent), r), dgates + i);
  access.store(sigmoid_gradient(d, dz, z), dgates + hidden + i);
  access.store(dsum_n, dgates + 2 * hidden + i);
  if (dprevious_hidden != nullptr) {
    access.store(hn::Add(access.load(dprevious_hidden + i), through_z), dprevious_hidden + i);
  }
  return hn::Mul(dsum_n, r);
}

template <class T>
T* row_or_null(T* p, Index offset) {
  return p == nullptr ? nullptr : p + offset;
}

// The gates and h of a tile.
template <class Tile, class T>
HWY_INLINE void gru_tile_forward(const GruForward<T>& a, const Tile& tile) {
  const Index z = a.hidden, n = 2 * a.hidden, kept_gates = Tile::normalizes ? 4 : 3;
  tile.for_rows([&](int, Index row) NORMLAB_INLINE_LAMBDA {
    const auto input = tile.at(a.input, row, 0), input_candidate = tile.at(a.input, row, 1);
    const auto recurrent = tile.at(a.recurrent, row, 0), candidate = tile.at(a.recurrent, row, 1);
    T* gates = a.gates + row * kept_gates * a.hidden;
    tile.for_vectors([&](auto access, Index i) NORMLAB_INLINE_LAMBDA {
      const auto from = [&](const auto& values, Index at) NORMLAB_INLINE_LAMBDA {
        return values.add(access, at, access.load(a.bias + at));
      };
      const auto sum_r = recurrent.add(access, i, from(input, i));
      const auto sum_z = recurrent.add(access, z + i, from(input, z + i));
      const auto from_input = from(input_candidate, n + i);
      const auto candidate_recurrent = candidate.add(access, n + i, access.load(a.bias_hn + i));
      const auto h = gru_gates(access, sum_r, sum_z, from_input, candidate_recurrent, gates, a.hidden, i,
                               a.previous_hidden + row * a.hidden);
      if constexpr (Tile::normalizes) access.store(candidate_recurrent, gates + 3 * a.hidden + i);
      access.store(h, a.hidden_state + row * a.hidden + i);
    });
  });
}

template <class Side, class T>
void gru_forward_of(const GruForward<T>& arguments) {
  const GruForward<T> a = arguments;  // a local, which no store can be taken to change
  Side::template for_tiles<T>(a, [&](const auto& tile) NORMLAB_INLINE_LAMBDA {
    if constexpr (Side::normalizes) {
      scale_gates(tile, a, 0, 2, 0);
      scale_gates(tile, a, 2, 3, 1);
    }
    gru_tile_forward(a, tile);
  });
}

template <int count, class T>
HWY_INLINE void gru_backward_plain_rows(const GruBackward<T>& a, Index row) {
  const hn::ScalableTag<T> d;
  const Index n = 2 * a.hidden;
  for_each_vector(d, a.hidden, [&](auto access, Index i) NORMLAB_INLINE_LAMBDA {
    const auto bias_hn = access.load(a.bias_hn + i);
    auto dbias_hn = access.load(a.dbias_hn + i);
    auto dbias_r = access.load(a.dbias + i), dbias_z = access.load(a.dbias + a.hidden + i),
         dbias_n = access.load(a.dbias + n + i);
    for (int r = 0; r < count; ++r) {
      const Index first = (row + r) * a.hidden;
      T* dinput = a.dinput.x + 3 * first;
      T* drecurrent = a.drecurrent.x + 3 * first;
      const auto candidate_recurrent = hn::Add(access.load(a.recurrent.x + 3 * first + n + i), bias_hn);
      const auto dcandidate_recurrent = gru_gates_backward(
          access, candidate_recurrent, a.gates + 3 * first, dinput, a.hidden, i, a.dhidden + first,
          a.previous_hidden + first, row_or_null(a.dprevious_hidden, first));
      const auto dsum_r = access.load(dinput + i), dsum_z = access.load(dinput + a.hidden + i);
      access.store(dsum_r, drecurrent + i);
      access.store(dsum_z, drecurrent + a.hidden + i);
      access.store(dcandidate_recurrent, drecurrent + n + i);
      dbias_r = hn::Add(dbias_r, dsum_r);
      dbias_z = hn::Add(dbias_z, dsum_z);
      dbias_n = hn::Add(dbias_n, access.load(dinput + n + i));
      dbias_hn = hn::Add(dbias_hn, dcandidate_recurrent);
    }
    access.store(dbias_r, a.dbias + i);
    access.store(dbias_z, a.dbias + a.hidden + i);
    access.store(dbias_n, a.dbias + n + i);
    access.store(dbias_hn, a.dbias_hn + i);
  });
}

template <class T>
void gru_backward_plain(const GruBackward<T>& arguments) {
  const GruBackward<T> a = arguments;
  for_row_blocks(a.part, [&](auto count, Index row)
                             NORMLAB_INLINE_LAMBDA { gru_backward_plain_rows<count.value>(a, row); });
}

// The gradients of the summed inputs of a tile: those of r, z and n into dinput, that of the part of n that
// comes from h' into drecurrent.
template <class Tile, class T>
HWY_INLINE void gru_tile_backward(const GruBackward<T>& a, const Tile& tile) {
  tile.for_rows([&](int, Index row) NORMLAB_INLINE_LAMBDA {
    const Index first = row * a.hidden;
    const T* gates = a.gates + 4 * first;
    T* dprevious_hidden = row_or_null(a.dprevious_hidden, first);
    tile.for_vectors([&](auto access, Index i) NORMLAB_INLINE_LAMBDA {
      if constexpr (Tile::per_row) {
        for (int gate = 0; gate < 4; ++gate) hwy::Prefetch(gates + (4 * tile.ahead + gate) * a.hidden + i);
      }
      const auto dcandidate_recurrent =
          gru_gates_backward(access, access.load(gates + 3 * a.hidden + i), gates, a.dinput.x + 3 * first,
                             a.hidden, i, a.dhidden + first, a.previous_hidden + first, dprevious_hidden);
      access.store(dcandidate_recurrent, a.drecurrent.x + 3 * first + 2 * a.hidden + i);
    });
  });
}

template <class Side, class T>
void gru_backward_of(const GruBackward<T>& arguments) {
  const GruBackward<T> a = arguments;
  Side::template for_tiles<T>(a, [&](const auto& tile) NORMLAB_INLINE_LAMBDA {
    gru_tile_backward(a, tile);
    const SummedInput<T> input{a.input, a.dinput.x, a.dinput, a.dbias};
    tile.for_gates(0, 2, a.hidden, 0, [&](const auto& gates) NORMLAB_INLINE_LAMBDA {
      normalize_pair_backward<true>(gates, input,
                                    SummedInput<T>{a.recurrent, a.dinput.x, a.drecurrent, a.dbias});
    });
    tile.for_gates(2, 3, a.hidden, 1, [&](const auto& candidate) NORMLAB_INLINE_LAMBDA {
      normalize_pair_backward<false>(
          candidate, input,
          SummedInput<T>{a.recurrent, a.drecurrent.x, a.drecurrent, a.dbias_hn, 2 * a.hidden});
    });
  });
}

template <class T>
void gru_forward(const GruForward<T>& a) {
  with_side(a.norm, [&](auto side) { gru_forward_of<decltype(side)>(a); });
}

template <class T>
void gru_backward(const GruBackward<T>& a) {
  with_side(a.norm, [&](auto side) {
    if constexpr (side.normalizes) {
      gru_backward_of<decltype(side)>(a);
    } else {
      gru_backward_plain(a);
    }
  });
}

NORMLAB_TARGET_KERNEL(gru_forward, GruForward)
NORMLAB_TARGET_KERNEL(gru_backward, GruBackward)

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace normlab {
NORMLAB_EXPORT_KERNEL(gru_forward, GruForward)
NORMLAB_EXPORT_KERNEL(gru_backward, GruBackward)
}  // namespace normlab
#endif
