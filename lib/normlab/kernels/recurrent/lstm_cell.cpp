#include "normlab/kernels/recurrent/lstm_cell.h"

#include "normlab/kernels/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "normlab/kernels/recurrent/lstm_cell.cpp"
#include <hwy/foreach_target.h>

#include <hwy/cache_control.h>

#include <cstdint>

#include "normlab/kernels/recurrent/cell_side-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

// For the vector of units at i of one row: i, f, g, o from their summed inputs a(0) ... a(3), given to
// keep(gate, value) in this order; returns c.
template <class T, class Access, class Summed, class Keep>
HWY_INLINE auto lstm_gates(Access access, const Summed& a, const Keep& keep, Index i,
                           const T* previous_cell) {
  const auto d = access.d;
  const auto input_gate = sigmoid(d, a(0));
  const auto forget_gate = sigmoid(d, a(1));
  const auto candidate = tanh(d, a(2));
  const auto output_gate = sigmoid(d, a(3));
  keep(0, input_gate);
  keep(1, forget_gate);
  keep(2, candidate);
  keep(3, output_gate);
  return hn::MulAdd(forget_gate, access.load(previous_cell + i), hn::Mul(input_gate, candidate));
}

// Given dL/dc in full, calls emit(gate, dL/da) for the summed inputs of the gates 0, 1 and 2 (i, f, g);
// returns dL/dc'.
template <class T, class Access, class V, class Emit>
HWY_INLINE V lstm_gates_backward(Access access, V dc, const T* gates, Index hidden, Index i,
                                 const T* previous_cell, const Emit& emit) {
  const auto d = access.d;
  const auto input_gate = access.load(gates + i);
  const auto forget_gate = access.load(gates + hidden + i);
  const auto candidate = access.load(gates + 2 * hidden + i);
  emit(0, sigmoid_gradient(d, hn::Mul(dc, candidate), input_gate));
  emit(1, sigmoid_gradient(d, hn::Mul(dc, access.load(previous_cell + i)), forget_gate));
  emit(2, tanh_gradient(d, hn::Mul(dc, input_gate), candidate));
  return hn::Mul(dc, forget_gate);
}

// Given dL/dh, calls emit(3, dL/da) for o's summed input; returns the gradient of tanh's argument.
template <class T, class Access, class Emit>
HWY_INLINE auto lstm_output_backward(Access access, const T* dhidden, const T* tanh_cell,
                                     const T* output_gate, const Emit& emit) {
  const auto d = access.d;
  const auto dh = access.load(dhidden);
  const auto o = access.load(output_gate);
  const auto t = access.load(tanh_cell);
  emit(3, sigmoid_gradient(d, hn::Mul(dh, t), o));
  return tanh_gradient(d, hn::Mul(dh, o), t);
}

// Whether the rows of `a`, and their groups, consist of whole aligned vectors, as streaming needs.
template <class T>
HWY_INLINE bool can_stream(const LstmForward<T>& a) {
  const std::uintptr_t lanes = hn::Lanes(hn::ScalableTag<T>()), vector = lanes * sizeof(T);
  const auto aligned = [&](const T* p) { return reinterpret_cast<std::uintptr_t>(p) % vector == 0; };
  return static_cast<std::uintptr_t>(a.hidden / a.norm.groups) % lanes == 0 && aligned(a.state.gates) &&
         aligned(a.state.tanh_cell);
}

template <class Access, class V, class T>
HWY_INLINE void store_kept(bool streaming, Access access, V v, T* p) {
  if (streaming) {
    hn::Stream(v, access.d, p);
  } else {
    access.store(v, p);
  }
}

// The gates and c of a tile; of the plain cell, also h. Elsewhere o, soon needed again, is put where h will
// be.
template <class Tile, class T>
HWY_INLINE void lstm_tile_gates(const LstmForward<T>& a, const Tile& tile) {
  tile.for_rows([&](int, Index row) NORMLAB_INLINE_LAMBDA {
    const auto input = tile.at(a.input, row, 0);
    const auto recurrent = tile.at(Tile::normalizes ? a.recurrent : a.input, row, 0);
    T* gates = a.state.gates + row * 4 * a.hidden;
    T* hidden_state = a.hidden_state + row * a.hidden;
    tile.for_vectors([&](auto access, Index i) NORMLAB_INLINE_LAMBDA {
      const auto summed = [&](Index gate) NORMLAB_INLINE_LAMBDA {
        const Index at = gate * a.hidden + i;
        auto sum = access.load(a.bias + at);
        if constexpr (Tile::normalizes) sum = recurrent.add(access, at, sum);
        return input.add(access, at, sum);
      };
      const auto keep = [&](int gate, auto v) NORMLAB_INLINE_LAMBDA {
        store_kept(Tile::per_row && Tile::normalizes && a.streaming, access, v, gates + gate * a.hidden + i);
        if (Tile::normalizes && gate == 3) access.store(v, hidden_state + i);
      };
      const auto c = lstm_gates(access, summed, keep, i, a.state.previous_cell + row * a.hidden);
      access.store(c, a.cell.x + row * a.hidden + i);
      if constexpr (!Tile::normalizes) {
        const auto t = tanh(access.d, c);
        access.store(t, a.state.tanh_cell + row * a.hidden + i);
        access.store(hn::Mul(access.load(gates + 3 * a.hidden + i), t), hidden_state + i);
      }
    });
  });
}

// h of a tile from its c, and o where h will be.
template <class Tile, class T>
HWY_INLINE void lstm_tile_output(const LstmForward<T>& a, const Tile& tile) {
  tile.scale(a.cell, a.norm);
  tile.for_rows([&](int, Index row) NORMLAB_INLINE_LAMBDA {
    const auto cell = tile.at(a.cell, row, tile.vector);
    T* hidden_state = a.hidden_state + row * a.hidden;
    tile.for_vectors([&](auto access, Index i) NORMLAB_INLINE_LAMBDA {
      const auto t = tanh(access.d, cell.affine(access, i, a.bias_cell));
      store_kept(Tile::per_row && a.streaming, access, t, a.state.tanh_cell + row * a.hidden + i);
      access.store(hn::Mul(access.load(hidden_state + i), t), hidden_state + i);
    });
  });
}

template <class Side, class T>
void lstm_forward_of(const LstmForward<T>& arguments) {
  LstmForward<T> a = arguments;  // a local, which no store can be taken to change
  a.streaming = a.streaming && can_stream(a);
  Side::template for_tiles<T>(a, [&](const auto& tile) NORMLAB_INLINE_LAMBDA {
    if constexpr (Side::normalizes) scale_gates(tile, a, 0, 4, 0);
    lstm_tile_gates(a, tile);
    if constexpr (Side::normalizes) {
      tile.for_gates(0, 1, a.hidden, 0,
                     [&](const auto& units) NORMLAB_INLINE_LAMBDA { lstm_tile_output(a, units); });
    }
  });
  if (a.streaming) hwy::FlushStream();
}

template <int count, class T>
HWY_INLINE void lstm_backward_plain_rows(const LstmBackward<T>& a, Index row) {
  const hn::ScalableTag<T> d;
  for_each_vector(d, a.hidden, [&](auto access, Index i) NORMLAB_INLINE_LAMBDA {
    T* dbias = a.dbias + i;
    hn::Vec<hn::ScalableTag<T>> sums[4];
    for (int gate = 0; gate < 4; ++gate) sums[gate] = access.load(dbias + gate * a.hidden);
    for (int r = 0; r < count; ++r) {
      const Index first = (row + r) * a.hidden;
      const T* gates = a.state.gates + 4 * first;
      const auto emit = [&](int gate, auto da) NORMLAB_INLINE_LAMBDA {
        access.store(da, a.dinput.x + 4 * first + gate * a.hidden + i);
        sums[gate] = hn::Add(sums[gate], da);
      };
      const auto through_output = lstm_output_backward(
          access, a.dhidden + first + i, a.state.tanh_cell + first + i, gates + 3 * a.hidden + i, emit);
      const auto dc = hn::Add(access.load(a.dcell.x + first + i), through_output);
      access.store(lstm_gates_backward(access, dc, gates, a.hidden, i, a.state.previous_cell + first, emit),
                   a.dcell.x + first + i);
    }
    for (int gate = 0; gate < 4; ++gate) access.store(sums[gate], dbias + gate * a.hidden);
  });
}

template <class T>
void lstm_backward_plain(const LstmBackward<T>& arguments) {
  const LstmBackward<T> a = arguments;
  for_row_blocks(a.part, [&](auto count, Index row)
                             NORMLAB_INLINE_LAMBDA { lstm_backward_plain_rows<count.value>(a, row); });
}

// Asks for the part of a row at i that forward kept, except for its summed inputs.
template <class T>
HWY_INLINE void prefetch_kept(const LstmBackward<T>& a, Index row, Index i) {
  for (int gate = 0; gate < 4; ++gate) hwy::Prefetch(a.state.gates + (4 * row + gate) * a.hidden + i);
  hwy::Prefetch(a.cell.x + row * a.hidden + i);
  hwy::Prefetch(a.state.tanh_cell + row * a.hidden + i);
  hwy::Prefetch(a.state.previous_cell + row * a.hidden + i);
}

// From dL/dh to dinput, which receives the gradients of the gates' summed inputs, and dL/dc'. In between, the
// gradients of tanh's argument lie in drecurrent, which is free until then.
template <class Tile, class T>
HWY_INLINE void lstm_tile_backward(const LstmBackward<T>& a, const Tile& tile) {
  typename Tile::template Gradient<false> through(tile, a.cell, a.dcell);
  const auto emit_to = [&](auto access, Index at) NORMLAB_INLINE_LAMBDA {
    return [=](int gate, auto da)
               NORMLAB_INLINE_LAMBDA { access.store(da, a.dinput.x + at + gate * a.hidden); };
  };
  tile.for_vectors([&](auto access, Index i) NORMLAB_INLINE_LAMBDA {
    through.enter(access, i);
    auto dbias = access.load(a.dbias_cell + i);
    tile.for_rows([&](int r, Index row) NORMLAB_INLINE_LAMBDA {
      const Index at = row * a.hidden + i, wide = 4 * row * a.hidden + i;
      const auto g = lstm_output_backward(access, a.dhidden + at, a.state.tanh_cell + at,
                                          a.state.gates + wide + 3 * a.hidden, emit_to(access, wide));
      through.add(access, r, row, i, g);
      dbias = hn::Add(dbias, g);
      access.store(g, a.drecurrent.x + wide);
    });
    through.leave(access, i);
    access.store(dbias, a.dbias_cell + i);
  });
  through.finish();
  tile.for_vectors([&](auto access, Index i) NORMLAB_INLINE_LAMBDA {
    through.enter_again(access, i);
    tile.for_rows([&](int r, Index row) NORMLAB_INLINE_LAMBDA {
      const Index first = row * a.hidden, wide = 4 * first + i;
      if constexpr (Tile::per_row) prefetch_kept(a, row + tile.ahead, i);
      const auto through_norm = through.dx(access, r, row, i, access.load(a.drecurrent.x + wide));
      const auto dc = hn::Add(access.load(a.dcell.x + first + i), through_norm);
      access.store(lstm_gates_backward(access, dc, a.state.gates + 4 * first, a.hidden, i,
                                       a.state.previous_cell + first, emit_to(access, wide)),
                   a.dcell.x + first + i);
    });
  });
}

template <class Side, class T>
void lstm_backward_of(const LstmBackward<T>& arguments) {
  const LstmBackward<T> a = arguments;
  Side::template for_tiles<T>(a, [&](const auto& tile) NORMLAB_INLINE_LAMBDA {
    tile.for_gates(0, 1, a.hidden, 0,
                   [&](const auto& units) NORMLAB_INLINE_LAMBDA { lstm_tile_backward(a, units); });
    tile.for_gates(0, 4, a.hidden, 0, [&](const auto& gates) NORMLAB_INLINE_LAMBDA {
      normalize_pair_backward<true>(gates, SummedInput<T>{a.input, a.dinput.x, a.dinput, a.dbias},
                                    SummedInput<T>{a.recurrent, a.dinput.x, a.drecurrent, a.dbias});
    });
  });
}

template <class T>
void lstm_forward(const LstmForward<T>& a) {
  with_side(a.norm, [&](auto side) { lstm_forward_of<decltype(side)>(a); });
}

template <class T>
void lstm_backward(const LstmBackward<T>& a) {
  with_side(a.norm, [&](auto side) {
    if constexpr (side.normalizes) {
      lstm_backward_of<decltype(side)>(a);
    } else {
      lstm_backward_plain(a);
    }
  });
}

NORMLAB_TARGET_KERNEL(lstm_forward, LstmForward)
NORMLAB_TARGET_KERNEL(lstm_backward, LstmBackward)

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace normlab {
NORMLAB_EXPORT_KERNEL(lstm_forward, LstmForward)
NORMLAB_EXPORT_KERNEL(lstm_backward, LstmBackward)
}  // namespace normlab
#endif
