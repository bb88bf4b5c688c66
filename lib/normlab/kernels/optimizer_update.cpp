#include "normlab/kernels/optimizer_update.h"

#include "normlab/kernels/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "normlab/kernels/optimizer_update.cpp"
#include <hwy/foreach_target.h>

#include "normlab/kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace normlab::HWY_NAMESPACE {

template <class T>
void adam_update(const AdamUpdate<T>& a) {
  const hn::ScalableTag<T> d;
  const auto beta1 = hn::Set(d, a.beta1), beta2 = hn::Set(d, a.beta2);
  const auto rest1 = hn::Set(d, a.one_minus_beta1), rest2 = hn::Set(d, a.one_minus_beta2);
  const auto epsilon = hn::Set(d, a.epsilon), correction = hn::Set(d, a.root_correction);
  const auto step_size = hn::Set(d, a.step_size), scale = hn::Set(d, a.gradient_scale);
  const auto decay = hn::Set(d, a.weight_decay), kept = hn::Set(d, T(1) - a.decoupled_decay);
  for_each_vector(d, a.size, [&](auto access, Index i) HWY_ATTR {
    const auto p = access.load(a.parameter + i);
    const auto g = hn::MulAdd(decay, p, hn::Mul(scale, access.load(a.gradient + i)));
    const auto m = hn::MulAdd(beta1, access.load(a.first_moment + i), hn::Mul(rest1, g));
    const auto v = hn::MulAdd(beta2, access.load(a.second_moment + i), hn::Mul(rest2, hn::Mul(g, g)));
    const auto denominator = hn::MulAdd(hn::Sqrt(v), correction, epsilon);
    access.store(m, a.first_moment + i);
    access.store(v, a.second_moment + i);
    access.store(hn::NegMulAdd(step_size, hn::Div(m, denominator), hn::Mul(p, kept)), a.parameter + i);
  });
}

template <class T>
void sgd_update(const SgdUpdate<T>& a) {
  const hn::ScalableTag<T> d;
  const auto rate = hn::Set(d, a.learning_rate), momentum = hn::Set(d, a.momentum);
  const auto decay = hn::Set(d, a.weight_decay), scale = hn::Set(d, a.gradient_scale);
  for_each_vector(d, a.size, [&](auto access, Index i) HWY_ATTR {
    const auto p = access.load(a.parameter + i);
    const auto g = hn::MulAdd(decay, p, hn::Mul(scale, access.load(a.gradient + i)));
    auto step = g;
    if (a.velocity != nullptr) {
      const auto v = hn::MulAdd(momentum, access.load(a.velocity + i), g);
      access.store(v, a.velocity + i);
      step = a.nesterov ? hn::MulAdd(momentum, v, g) : v;
    }
    access.store(hn::NegMulAdd(rate, step, p), a.parameter + i);
  });
}

template <class T>
void sum_of_squares(const SumOfSquares<T>& a) {
  const hn::ScalableTag<T> d;
  constexpr Index block = 1024;  // short enough that single precision loses nothing that matters
  for (Index start = 0; start < a.size; start += block) {
    auto sum = hn::Zero(d);
    for_each_vector(d, std::min(block, a.size - start), [&](auto access, Index i) HWY_ATTR {
      const auto x = access.load(a.x + start + i);
      sum = hn::MulAdd(x, x, sum);
    });
    *a.sum += static_cast<double>(sum_of_lanes(d, sum));
  }
}

NORMLAB_TARGET_KERNEL(adam_update, AdamUpdate)
NORMLAB_TARGET_KERNEL(sgd_update, SgdUpdate)
NORMLAB_TARGET_KERNEL(sum_of_squares, SumOfSquares)

}  // namespace normlab::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace normlab {
NORMLAB_EXPORT_KERNEL(adam_update, AdamUpdate)
NORMLAB_EXPORT_KERNEL(sgd_update, SgdUpdate)
NORMLAB_EXPORT_KERNEL(sum_of_squares, SumOfSquares)
}  // namespace normlab
#endif
