#include "normlab/optim/optimizer.h"

#include <cmath>

#include "normlab/core/parallel.h"
#include "normlab/kernels/optimizer_update.h"

namespace normlab {
namespace {

constexpr Index update_grain = 1 << 15;  // elements a thread should have to be worth waking

bool is_adam(const OptimizerSpec& spec) {
  return spec.kind == OptimizerKind::adam || spec.kind == OptimizerKind::adamw;
}

}  // namespace

template <class T>
double gradient_norm(const Parameters<T>& parameters) {
  double sum = 0;
  for (const auto& parameter : parameters.parameters()) {
    sum_of_squares(SumOfSquares<T>{parameter.gradient.data(), parameter.gradient.size(), &sum});
  }
  return std::sqrt(sum);
}

template <class T>
Optimizer<T>::Optimizer(const OptimizerSpec& spec, Parameters<T>& parameters)
    : spec_(spec), parameters_(parameters) {
  const int moments = is_adam(spec) ? 2 : spec.kind == OptimizerKind::momentum ? 1 : 0;
  for (const auto& parameter : parameters.parameters()) {
    for (int i = 0; i < moments; ++i) moments_.emplace_back(parameter.data.shape());
  }
}

template <class T>
void Optimizer<T>::step(double learning_rate, double gradient_scale) {
  ++steps_;
  std::size_t index = 0;
  for (auto& parameter : parameters_.parameters()) {
    if (is_adam(spec_)) {
      update_adam(parameter, index++, learning_rate, gradient_scale);
    } else {
      update_sgd(parameter, index++, learning_rate, gradient_scale);
    }
  }
}

template <class T>
void Optimizer<T>::update_adam(Parameter<T>& parameter, std::size_t index, double learning_rate,
                               double gradient_scale) {
  const double t = static_cast<double>(steps_);
  const double decay = parameter.role == ParameterRole::weight ? spec_.weight_decay : 0;
  const bool decoupled = spec_.kind == OptimizerKind::adamw;
  parallel_for(parameter.data.size(), update_grain, [&](Index begin, Index end, int) {
    adam_update(AdamUpdate<T>{.parameter = parameter.data.data() + begin,
                              .gradient = parameter.gradient.data() + begin,
                              .first_moment = moments_[2 * index].data() + begin,
                              .second_moment = moments_[2 * index + 1].data() + begin,
                              .size = end - begin,
                              .beta1 = static_cast<T>(spec_.beta1),
                              .beta2 = static_cast<T>(spec_.beta2),
                              .one_minus_beta1 = static_cast<T>(1 - spec_.beta1),
                              .one_minus_beta2 = static_cast<T>(1 - spec_.beta2),
                              .epsilon = static_cast<T>(spec_.epsilon),
                              .step_size = static_cast<T>(learning_rate / (1 - std::pow(spec_.beta1, t))),
                              .root_correction = static_cast<T>(1 / std::sqrt(1 - std::pow(spec_.beta2, t))),
                              .weight_decay = static_cast<T>(decoupled ? 0 : decay),
                              .decoupled_decay = static_cast<T>(decoupled ? learning_rate * decay : 0),
                              .gradient_scale = static_cast<T>(gradient_scale)});
  });
}

template <class T>
void Optimizer<T>::update_sgd(Parameter<T>& parameter, std::size_t index, double learning_rate,
                              double gradient_scale) {
  const bool momentum = spec_.kind == OptimizerKind::momentum;
  parallel_for(parameter.data.size(), update_grain, [&](Index begin, Index end, int) {
    sgd_update(SgdUpdate<T>{
        .parameter = parameter.data.data() + begin,
        .gradient = parameter.gradient.data() + begin,
        .velocity = momentum ? moments_[index].data() + begin : nullptr,
        .size = end - begin,
        .learning_rate = static_cast<T>(learning_rate),
        .momentum = static_cast<T>(spec_.momentum),
        .weight_decay = static_cast<T>(parameter.role == ParameterRole::weight ? spec_.weight_decay : 0),
        .gradient_scale = static_cast<T>(gradient_scale),
        .nesterov = spec_.nesterov});
  });
}

template class Optimizer<float>;
template double gradient_norm(const Parameters<float>&);
#if NORMLAB_WITH_DOUBLE
template class Optimizer<double>;
template double gradient_norm(const Parameters<double>&);
#endif

}  // namespace normlab
