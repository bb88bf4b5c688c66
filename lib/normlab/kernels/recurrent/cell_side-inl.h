// The sides of a recurrent cell (kernels/recurrent/cell_norm.h): how the gate arithmetic of a cell, written
// once, reads its matrices normalized, and how gradients come back. Included once per instruction set.
//
// Plain, PerRow, PerGroup, PerColumn and PerElement cut the part that a call with `arguments` covers into
// tiles, which they give to
//   for_tiles(arguments, body(tile)).
// Whatever shares statistics lies in one tile. A tile has
//   for_rows(body(r, row)), for_vectors(body(access, i))   its elements, as rows and vectors of columns
//   for_gates(first, end, hidden, vector, body(tile))      the tiles of the columns of some gates, which are
//                                                          vector number `vector` of a row
//   scale(matrix, norm), scale(a, b, norm)                 takes the statistics
//   at(matrix, row, vector)                                a row of a matrix: its values normalized; of a
//                                                          PerGroup's tile after scale_gates() only
//   Gradient<in_place>                                     the way back
#if defined(NORMLAB_KERNELS_RECURRENT_CELL_SIDE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMLAB_KERNELS_RECURRENT_CELL_SIDE_INL_H_
#undef NORMLAB_KERNELS_RECURRENT_CELL_SIDE_INL_H_
#else
#define NORMLAB_KERNELS_RECURRENT_CELL_SIDE_INL_H_
#endif

#include "normlab/kernels/recurrent/cell_columns-inl.h"
#include "normlab/kernels/recurrent/cell_groups-inl.h"
#include "normlab/kernels/recurrent/cell_rows-inl.h"
#include "normlab/kernels/recurrent/cell_tanh-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

// Takes the statistics of the summed inputs of the gates [first, last), vector number `number` of a row.
template <class Tile, class Arguments>
HWY_INLINE void scale_gates(const Tile& tile, const Arguments& a, Index first, Index last, Index number) {
  tile.for_gates(first, last, a.hidden, number, [&](const auto& gates) NORMLAB_INLINE_LAMBDA {
    gates.scale(a.input, a.recurrent, a.norm);
    if constexpr (Tile::beforehand) {
      gates.normalize(a.input);
      gates.normalize(a.recurrent);
    }
  });
}

// One of the two sums that a normalized cell adds up, on the way back: y = gain n(x) + bias. dx may be dy.
template <class T>
struct SummedInput {
  const CellMatrix<T>& matrix;
  const T* dy;
  CellGradient<T> gradient;
  T* dbias;  // of the columns from first_bias on; sum dy is added
  Index first_bias = 0;
};

// Both sums on a tile. `same_dy`: the two have one dy and one bias, those of `a`.
template <bool same_dy, class Tile, class T>
HWY_INLINE void normalize_pair_backward(const Tile& tile, const SummedInput<T>& input,
                                        const SummedInput<T>& recurrent) {
  const SummedInput<T> a = input, b = recurrent;  // as locals, which no store can be taken to change
  typename Tile::template Gradient<true> through_a(tile, a.matrix, a.gradient),
      through_b(tile, b.matrix, b.gradient);
  const Index width = a.matrix.width;
  tile.for_vectors([&](auto access, Index i) NORMLAB_INLINE_LAMBDA {
    through_a.enter(access, i);
    through_b.enter(access, i);
    auto sum_a = access.load(a.dbias + (i - a.first_bias));
    auto sum_b = same_dy ? sum_a : access.load(b.dbias + (i - b.first_bias));
    tile.for_rows([&](int r, Index row) NORMLAB_INLINE_LAMBDA {
      const auto dy_a = access.load(a.dy + row * width + i);
      const auto dy_b = same_dy ? dy_a : access.load(b.dy + row * width + i);
      through_a.add(access, r, row, i, dy_a);
      through_b.add(access, r, row, i, dy_b);
      sum_a = hn::Add(sum_a, dy_a);
      if constexpr (!same_dy) sum_b = hn::Add(sum_b, dy_b);
    });
    through_a.leave(access, i);
    through_b.leave(access, i);
    access.store(sum_a, a.dbias + (i - a.first_bias));
    if constexpr (!same_dy) access.store(sum_b, b.dbias + (i - b.first_bias));
  });
  through_a.finish();
  through_b.finish();
  tile.for_vectors([&](auto access, Index i) NORMLAB_INLINE_LAMBDA {
    through_a.enter_again(access, i);
    through_b.enter_again(access, i);
    tile.for_rows([&](int r, Index row) NORMLAB_INLINE_LAMBDA {
      const Index at = row * width + i;
      const auto dy_a = access.load(a.dy + at);
      const auto dy_b = same_dy ? dy_a : access.load(b.dy + at);
      access.store(through_a.dx(access, r, row, i, dy_a), a.gradient.x + at);
      access.store(through_b.dx(access, r, row, i, dy_b), b.gradient.x + at);
    });
  });
}

// dy s (1 - s), the gradient through s = sigmoid(a).
template <class D>
HWY_INLINE hn::Vec<D> sigmoid_gradient(D d, hn::Vec<D> dy, hn::Vec<D> s) {
  return hn::Mul(dy, hn::Mul(s, hn::Sub(hn::Set(d, hn::TFromD<D>(1)), s)));
}

// dy (1 - t^2), the gradient through t = tanh(a).
template <class D>
HWY_INLINE hn::Vec<D> tanh_gradient(D d, hn::Vec<D> dy, hn::Vec<D> t) {
  return hn::Mul(dy, hn::NegMulAdd(t, t, hn::Set(d, hn::TFromD<D>(1))));
}

// Calls function(side) for the side known only at run time.
template <class T, class Function>
HWY_INLINE void with_side(const CellNorm<T>& norm, const Function& function) {
  if (norm.side == CellSide::plain) return function(Plain());
  if (norm.side == CellSide::per_column) return function(PerColumn());
  if (norm.side == CellSide::per_element) return function(PerElement());
  if (norm.groups > 1) return function(PerGroup());
  norm.row == RowNorm::rms ? function(PerRow<RowNorm::rms>()) : function(PerRow<RowNorm::layer>());
}

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
