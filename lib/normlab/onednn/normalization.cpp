#include "normlab/onednn/normalization.h"

#include "normlab/onednn/engine.h"

namespace normlab {
namespace {

using onednn::engine;
using onednn::f32;
using Description = dnnl::memory::desc;
using Flags = dnnl::normalization_flags;
using Kind = NormalizationPrimitive;

constexpr float epsilon = 1e-5F;

// Gain and bias: two arguments in the 3.x interface, one of two rows in the 2.x interface, where the two are
// much slower.
#if DNNL_VERSION_MAJOR >= 3
const Flags affine = Flags::use_scale | Flags::use_shift;
#else
const Flags affine = Flags::use_scale_shift;
#endif

Description images(Index samples, Index positions, Index channels) {
  return {{samples, channels, positions, 1}, f32, dnnl::memory::format_tag::nhwc};
}

Description matrix(Index rows, Index columns) {
  return {{rows, columns}, f32, dnnl::memory::format_tag::ab};
}

dnnl::layer_normalization_forward::primitive_desc layer_forward(Index rows, Index channels) {
  const Description x = matrix(rows, channels);
#if DNNL_VERSION_MAJOR >= 3
  return {engine(), dnnl::prop_kind::forward_training, x, x, epsilon, affine};
#else
  return {{dnnl::prop_kind::forward_training, x, epsilon, affine}, engine()};
#endif
}

dnnl::layer_normalization_backward::primitive_desc layer_backward(Index rows, Index channels) {
  const Description x = matrix(rows, channels);
#if DNNL_VERSION_MAJOR >= 3
  return {engine(), dnnl::prop_kind::backward, x, x, x, epsilon, affine, layer_forward(rows, channels)};
#else
  return {{dnnl::prop_kind::backward, x, x, epsilon, affine}, engine(), layer_forward(rows, channels)};
#endif
}

dnnl::batch_normalization_forward::primitive_desc batch_forward(Index samples, Index positions,
                                                                Index channels) {
  const Description x = images(samples, positions, channels);
#if DNNL_VERSION_MAJOR >= 3
  return {engine(), dnnl::prop_kind::forward_training, x, x, epsilon, affine};
#else
  return {{dnnl::prop_kind::forward_training, x, epsilon, affine}, engine()};
#endif
}

dnnl::batch_normalization_backward::primitive_desc batch_backward(Index samples, Index positions,
                                                                  Index channels) {
  const Description x = images(samples, positions, channels);
#if DNNL_VERSION_MAJOR >= 3
  return {engine(), dnnl::prop_kind::backward,
          x,        x,
          x,        epsilon,
          affine,   batch_forward(samples, positions, channels)};
#else
  return {{dnnl::prop_kind::backward, x, x, epsilon, affine},
          engine(),
          batch_forward(samples, positions, channels)};
#endif
}

// A memory object and the buffer it owns.
struct Owned {
  explicit Owned(const Description& description, float value = 0)
      : buffer({static_cast<Index>(description.get_size() / sizeof(float))}),
        memory(description, engine(), buffer.data()) {
    buffer.fill(value);
  }
  Tensor<float> buffer;
  dnnl::memory memory;
};

}  // namespace

struct OnednnNormalization::Plan {
  template <class Forward, class Backward, class ForwardDescription, class BackwardDescription>
  static std::unique_ptr<Plan> make(const ForwardDescription& f, const BackwardDescription& b,
                                    Index channels) {
    return std::make_unique<Plan>(Plan{.forward = Forward(f),
                                       .backward = Backward(b),
                                       .x = onednn::unbound(f.src_desc()),
                                       .y = onednn::unbound(f.dst_desc()),
                                       .dx = onednn::unbound(b.diff_src_desc()),
                                       .dy = onednn::unbound(b.diff_dst_desc()),
                                       .mean = Owned(f.mean_desc()),
                                       .variance = Owned(f.variance_desc()),
                                       .gain = Owned(affine_description(channels), 1),
                                       .bias = Owned(affine_description(channels)),
                                       .dgain = Owned(affine_description(channels)),
                                       .dbias = Owned(affine_description(channels))});
  }

  static Description affine_description(Index channels) {
#if DNNL_VERSION_MAJOR >= 3
    return {{channels}, f32, dnnl::memory::format_tag::a};
#else
    return matrix(2, channels);
#endif
  }

  void add_affine(onednn::Arguments& arguments) const {
#if DNNL_VERSION_MAJOR >= 3
    arguments.add(DNNL_ARG_SCALE, gain.memory);
    arguments.add(DNNL_ARG_SHIFT, bias.memory);
#else
    arguments.add(DNNL_ARG_SCALE_SHIFT, gain.memory);
#endif
  }

  void add_affine_gradients(onednn::Arguments& arguments) const {
#if DNNL_VERSION_MAJOR >= 3
    arguments.add(DNNL_ARG_DIFF_SCALE, dgain.memory);
    arguments.add(DNNL_ARG_DIFF_SHIFT, dbias.memory);
#else
    arguments.add(DNNL_ARG_DIFF_SCALE_SHIFT, dgain.memory);
#endif
  }

  void make_arguments() {
    forward_arguments = {{DNNL_ARG_SRC, x},
                         {DNNL_ARG_DST, y},
                         {DNNL_ARG_MEAN, mean.memory},
                         {DNNL_ARG_VARIANCE, variance.memory}};
    backward_arguments = {{DNNL_ARG_SRC, x},
                          {DNNL_ARG_DIFF_DST, dy},
                          {DNNL_ARG_DIFF_SRC, dx},
                          {DNNL_ARG_MEAN, mean.memory},
                          {DNNL_ARG_VARIANCE, variance.memory}};
    add_affine(forward_arguments);
    add_affine(backward_arguments);
    add_affine_gradients(backward_arguments);
  }

  dnnl::primitive forward, backward;
  dnnl::memory x, y, dx, dy;
  Owned mean, variance, gain, bias, dgain, dbias;
  onednn::Arguments forward_arguments{}, backward_arguments{};
};

OnednnNormalization::OnednnNormalization(Kind kind, Index samples, Index positions, Index channels) {
  plan_ = kind == Kind::layer
              ? Plan::make<dnnl::layer_normalization_forward, dnnl::layer_normalization_backward>(
                    layer_forward(samples, channels), layer_backward(samples, channels), channels)
              : Plan::make<dnnl::batch_normalization_forward, dnnl::batch_normalization_backward>(
                    batch_forward(samples, positions, channels), batch_backward(samples, positions, channels),
                    channels);
  plan_->make_arguments();
}
OnednnNormalization::~OnednnNormalization() = default;
OnednnNormalization::OnednnNormalization(OnednnNormalization&&) noexcept = default;
OnednnNormalization& OnednnNormalization::operator=(OnednnNormalization&&) noexcept = default;

// oneDNN's handles are not const, but inputs are only read.
void OnednnNormalization::forward(const float* x, float* y) const {
  plan_->x.set_data_handle(const_cast<float*>(x));
  plan_->y.set_data_handle(y);
  plan_->forward_arguments.execute(plan_->forward);
}

void OnednnNormalization::backward(const float* x, const float* dy, float* dx) const {
  plan_->x.set_data_handle(const_cast<float*>(x));
  plan_->dy.set_data_handle(const_cast<float*>(dy));
  plan_->dx.set_data_handle(dx);
  plan_->backward_arguments.execute(plan_->backward);
}

}  // namespace normlab
