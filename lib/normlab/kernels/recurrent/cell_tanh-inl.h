// Dynamic tanh inside a recurrent cell (Zhu, Chen, He, LeCun, Liu 2025, arXiv:2503.10622): n = tanh(alpha x)
// of every value by itself, with one learned alpha for a matrix. Included once per instruction set.
#if defined(NORMLAB_KERNELS_RECURRENT_CELL_TANH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMLAB_KERNELS_RECURRENT_CELL_TANH_INL_H_
#undef NORMLAB_KERNELS_RECURRENT_CELL_TANH_INL_H_
#else
#define NORMLAB_KERNELS_RECURRENT_CELL_TANH_INL_H_
#endif

#include "normlab/kernels/recurrent/cell_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

// A row of a matrix as a cell sees it; x stays, which the gradient of alpha needs.
template <class T>
struct TanhValues {
  const T* x;
  const T* gain;
  T alpha;

  template <class Access>
  HWY_INLINE auto normal(Access access, Index i) const {
    return tanh(access.d, hn::Mul(hn::Set(access.d, alpha), access.load(x + i)));
  }
  template <class Access, class V>
  HWY_INLINE V add(Access access, Index i, V sum) const {
    return hn::MulAdd(normal(access, i), access.load(gain + i), sum);
  }
  template <class Access>
  HWY_INLINE auto affine(Access access, Index i, const T* bias) const {
    return add(access, i, access.load(bias + i));
  }
};

// As RowGradient, with h = dy gain (1 - n^2):
//   dx = h alpha,  dgain += sum dy n,  dalpha += sum h x.
// n is computed again: keeping it would cost as much memory as x does.
template <class T>
struct TanhGradient {
  using D = hn::ScalableTag<T>;
  using V = hn::Vec<D>;
  TanhValues<T> values;  // of the first row
  Index width;
  T *dgains, *dalpha;
  V sum;          // of h x
  V gain, dgain;  // of the vector of columns entered

  template <class Tile>
  HWY_INLINE TanhGradient(const Tile& tile, const CellMatrix<T>& m, const CellGradient<T>& gradient)
      : values(tile.at(m, tile.row, 0)),
        width(m.width),
        dgains(gradient.gain),
        dalpha(gradient.alpha),
        sum(hn::Zero(D())) {}

  template <class Access>
  HWY_INLINE void enter(Access access, Index i) {
    gain = access.load(values.gain + i);
    dgain = access.load(dgains + i);
  }
  template <class Access>
  HWY_INLINE void add(Access access, int r, Index /*row*/, Index i, V dy) {
    const V n = values.normal(access, r * width + i);
    dgain = hn::MulAdd(dy, n, dgain);
    sum = hn::MulAdd(through(n, dy), access.load(values.x + r * width + i), sum);
  }
  template <class Access>
  HWY_INLINE void leave(Access access, Index i) const {
    access.store(dgain, dgains + i);
  }
  HWY_INLINE void finish() const { *dalpha += sum_of_lanes(D(), sum); }
  template <class Access>
  HWY_INLINE void enter_again(Access access, Index i) {
    gain = access.load(values.gain + i);
  }
  template <class Access>
  HWY_INLINE V dx(Access access, int r, Index /*row*/, Index i, V dy) const {
    return hn::Mul(through(values.normal(access, r * width + i), dy), hn::Set(D(), values.alpha));
  }

 private:
  HWY_INLINE V through(V n, V dy) const {  // h
    return hn::Mul(hn::Mul(dy, gain), hn::NegMulAdd(n, n, hn::Set(D(), T(1))));
  }
};

// Rows [row, row + count) of columns [begin, end). No values share anything, and there is nothing to take
// beforehand.
template <int count, class T>
struct TanhTile : RowTile<RowNorm::layer, count, T> {
  template <bool in_place>
  using Gradient = TanhGradient<T>;

  template <class Body>
  HWY_INLINE void for_gates(Index first, Index last, Index hidden, Index number, const Body& body) const {
    body(TanhTile{{this->row, this->ahead, first * hidden, last * hidden, number}});
  }
  HWY_INLINE void scale(const CellMatrix<T>& /*m*/, const CellNorm<T>& /*settings*/) const {}
  HWY_INLINE void scale(const CellMatrix<T>& /*a*/, const CellMatrix<T>& /*b*/,
                        const CellNorm<T>& /*settings*/) const {}
  HWY_INLINE TanhValues<T> at(const CellMatrix<T>& m, Index r, Index /*number*/) const {
    return {m.x + r * m.width, m.gain, m.alpha};
  }
};

struct PerElement {
  static constexpr bool normalizes = true;
  template <class T, class Arguments, class Body>
  static HWY_INLINE void for_tiles(const Arguments& a, const Body& body) {
    for_row_blocks(a.part, [&](auto count, Index row) NORMLAB_INLINE_LAMBDA {
      const Index ahead = rows_ahead(row, count.value, a.part.end);
      body(TanhTile<count.value, T>{{row, ahead, 0, a.hidden, 0}});
    });
  }
};

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
