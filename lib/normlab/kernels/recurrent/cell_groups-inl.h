// Group normalization inside a recurrent cell (Wu & He 2018): each vector that layer norm normalizes as one
// divides into equal groups, and each group is a tile of kernels/recurrent/cell_rows-inl.h. Included once per
// instruction set.
#if defined(NORMLAB_KERNELS_RECURRENT_CELL_GROUPS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef NORMLAB_KERNELS_RECURRENT_CELL_GROUPS_INL_H_
#undef NORMLAB_KERNELS_RECURRENT_CELL_GROUPS_INL_H_
#else
#define NORMLAB_KERNELS_RECURRENT_CELL_GROUPS_INL_H_
#endif

#include "normlab/kernels/recurrent/cell_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

// A row of a matrix in which n has taken the place of x already.
template <class T>
struct NormalValues {
  const T* n;
  const T* gain;

  template <class Access, class V>
  HWY_INLINE V add(Access access, Index i, V sum) const {
    return hn::MulAdd(access.load(n + i), access.load(gain + i), sum);
  }
};

// Rows [row, row + count) of all units. The values of one unit in several gates lie in different groups, and
// a vector of units in more than one: what at() gives is normalized beforehand, group by group.
template <int count, class T>
struct GroupTile : RowTile<RowNorm::layer, count, T> {
  static constexpr bool beforehand = true;
  Index groups;

  template <class Body>
  HWY_INLINE void for_gates(Index first, Index last, Index hidden, Index number, const Body& body) const {
    const Index size = (last - first) * hidden / groups;
    for (Index group = 0; group < groups; ++group) {
      const Index at = first * hidden + group * size;
      body(RowTile<RowNorm::layer, count, T>{this->row, this->ahead, at, at + size, number * groups + group});
    }
  }
  HWY_INLINE NormalValues<T> at(const CellMatrix<T>& m, Index r, Index /*number*/) const {
    return {m.x + r * m.width, m.gain};
  }
};

struct PerGroup {
  static constexpr bool normalizes = true;
  template <class T, class Arguments, class Body>
  static HWY_INLINE void for_tiles(const Arguments& a, const Body& body) {
    for_row_blocks(a.part, [&](auto count, Index row) NORMLAB_INLINE_LAMBDA {
      const Index ahead = rows_ahead(row, count.value, a.part.end);
      body(GroupTile<count.value, T>{{row, ahead, 0, a.hidden, 0}, a.norm.groups});
    });
  }
};

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
