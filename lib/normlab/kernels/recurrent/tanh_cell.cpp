#include "normlab/kernels/recurrent/tanh_cell.h"

#include "normlab/kernels/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "normlab/kernels/recurrent/tanh_cell.cpp"
#include <hwy/foreach_target.h>

#include "normlab/kernels/recurrent/cell_side-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

template <class Tile, class T>
HWY_INLINE void tanh_tile_forward(const TanhCellForward<T>& a, const Tile& tile) {
  constexpr bool apart = !Tile::per_row;
  if constexpr (apart) {
    tile.scale(a.input, a.recurrent, a.norm);
  } else if constexpr (Tile::normalizes) {
    tile.scale(a.input, a.norm);
  }
  tile.for_rows([&](int, Index row) NORMLAB_INLINE_LAMBDA {
    const auto input = tile.at(a.input, row, tile.vector);
    const auto recurrent = tile.at(apart ? a.recurrent : a.input, row, tile.vector);
    tile.for_vectors([&](auto access, Index i) NORMLAB_INLINE_LAMBDA {
      auto sum = access.load(a.bias + i);
      if constexpr (apart) sum = recurrent.add(access, i, sum);
      access.store(tanh(access.d, input.add(access, i, sum)), a.hidden_state + row * a.hidden + i);
    });
  });
}

template <class Side, class T>
void tanh_cell_forward_of(const TanhCellForward<T>& arguments) {
  const TanhCellForward<T> a = arguments;  // a local, which no store can be taken to change
  Side::template for_tiles<T>(a, [&](const auto& tile) NORMLAB_INLINE_LAMBDA {
    tile.for_gates(0, 1, a.hidden, 0,
                   [&](const auto& units) NORMLAB_INLINE_LAMBDA { tanh_tile_forward(a, units); });
  });
}

// dinput receives dy, the gradient of tanh's argument, and then in a normalized cell its own.
template <class Tile, class T>
HWY_INLINE void tanh_tile_backward(const TanhCellBackward<T>& a, const Tile& tile) {
  constexpr bool apart = !Tile::per_row;
  typename Tile::template Gradient<true> through(tile, a.input, a.dinput),
      through_recurrent(tile, apart ? a.recurrent : a.input, a.drecurrent);
  tile.for_vectors([&](auto access, Index i) NORMLAB_INLINE_LAMBDA {
    through.enter(access, i);
    auto dbias = access.load(a.dbias + i);
    tile.for_rows([&](int r, Index row) NORMLAB_INLINE_LAMBDA {
      const Index at = row * a.hidden + i;
      const auto dy = tanh_gradient(access.d, access.load(a.dhidden + at), access.load(a.hidden_state + at));
      access.store(dy, a.dinput.x + at);
      dbias = hn::Add(dbias, dy);
      through.add(access, r, row, i, dy);
      if constexpr (apart) through_recurrent.add(access, r, row, i, dy);
    });
    access.store(dbias, a.dbias + i);
    through.leave(access, i);
    if constexpr (apart) through_recurrent.leave(access, i);
  });
  if constexpr (Tile::normalizes) {
    through.finish();
    if constexpr (apart) through_recurrent.finish();
    tile.for_vectors([&](auto access, Index i) NORMLAB_INLINE_LAMBDA {
      through.enter_again(access, i);
      tile.for_rows([&](int r, Index row) NORMLAB_INLINE_LAMBDA {
        const Index at = row * a.hidden + i;
        const auto dy = access.load(a.dinput.x + at);
        if constexpr (apart) access.store(through_recurrent.dx(access, r, row, i, dy), a.drecurrent.x + at);
        access.store(through.dx(access, r, row, i, dy), a.dinput.x + at);
      });
    });
  }
}

template <class Side, class T>
void tanh_cell_backward_of(const TanhCellBackward<T>& arguments) {
  const TanhCellBackward<T> a = arguments;
  Side::template for_tiles<T>(a, [&](const auto& tile) NORMLAB_INLINE_LAMBDA {
    tile.for_gates(0, 1, a.hidden, 0,
                   [&](const auto& units) NORMLAB_INLINE_LAMBDA { tanh_tile_backward(a, units); });
  });
}

template <class T>
void tanh_cell_forward(const TanhCellForward<T>& a) {
  with_side(a.norm, [&](auto side) { tanh_cell_forward_of<decltype(side)>(a); });
}

template <class T>
void tanh_cell_backward(const TanhCellBackward<T>& a) {
  with_side(a.norm, [&](auto side) { tanh_cell_backward_of<decltype(side)>(a); });
}

NORMLAB_TARGET_KERNEL(tanh_cell_forward, TanhCellForward)
NORMLAB_TARGET_KERNEL(tanh_cell_backward, TanhCellBackward)

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace normlab {
NORMLAB_EXPORT_KERNEL(tanh_cell_forward, TanhCellForward)
NORMLAB_EXPORT_KERNEL(tanh_cell_backward, TanhCellBackward)
}  // namespace normlab
#endif
