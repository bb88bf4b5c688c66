#include "normlab/onednn/convolution.h"

#include <map>
#include <mutex>
#include <optional>
#include <tuple>

#include "normlab/core/parallel.h"
#include "normlab/onednn/engine.h"
#include "normlab/onednn/product_log.h"

namespace normlab {
namespace {

using onednn::engine;
using Description = dnnl::memory::desc;

// The memory formats that oneDNN is asked for: images channels last, weights as it likes best.
struct Formats {
  explicit Formats(const ConvolutionShape& s)
      : src(images(s.batch, s.in_channels, s.height, s.width)),
        weights(filters(s, dnnl::memory::format_tag::any)),
        dst(images(s.batch, s.out_channels, s.out_height(), s.out_width())),
        strides{s.stride, s.stride},
        padding{s.padding, s.padding} {}

  static Description images(Index batch, Index channels, Index height, Index width) {
    return {{batch, channels, height, width}, dnnl::memory::data_type::f32, dnnl::memory::format_tag::nhwc};
  }
  static Description filters(const ConvolutionShape& s, dnnl::memory::format_tag order) {
    return {{s.out_channels, s.in_channels, s.kernel, s.kernel}, dnnl::memory::data_type::f32, order};
  }

  Description src, weights, dst;
  dnnl::memory::dims strides, padding;
};

dnnl::primitive_attr caller_owns_scratchpad() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

dnnl::convolution_forward::primitive_desc describe_forward(const Formats& f) {
#if DNNL_VERSION_MAJOR >= 3
  return {engine(),
          dnnl::prop_kind::forward_training,
          dnnl::algorithm::convolution_direct,
          f.src,
          f.weights,
          f.dst,
          f.strides,
          f.padding,
          f.padding,
          caller_owns_scratchpad()};
#else
  return {{dnnl::prop_kind::forward_training, dnnl::algorithm::convolution_direct, f.src, f.weights, f.dst,
           f.strides, f.padding, f.padding},
          caller_owns_scratchpad(),
          engine()};
#endif
}

dnnl::convolution_backward_data::primitive_desc describe_backward_data(const Formats& f) {
#if DNNL_VERSION_MAJOR >= 3
  return {engine(),
          dnnl::algorithm::convolution_direct,
          f.src,
          f.weights,
          f.dst,
          f.strides,
          f.padding,
          f.padding,
          describe_forward(f),
          caller_owns_scratchpad()};
#else
  return {{dnnl::algorithm::convolution_direct, f.src, f.weights, f.dst, f.strides, f.padding, f.padding},
          caller_owns_scratchpad(),
          engine(),
          describe_forward(f)};
#endif
}

dnnl::convolution_backward_weights::primitive_desc describe_backward_weights(const Formats& f) {
#if DNNL_VERSION_MAJOR >= 3
  return {engine(),
          dnnl::algorithm::convolution_direct,
          f.src,
          f.weights,
          f.dst,
          f.strides,
          f.padding,
          f.padding,
          describe_forward(f),
          caller_owns_scratchpad()};
#else
  return {{dnnl::algorithm::convolution_direct, f.src, f.weights, f.dst, f.strides, f.padding, f.padding},
          caller_owns_scratchpad(),
          engine(),
          describe_forward(f)};
#endif
}

// A primitive with what it needs to know of its scratchpad.
struct Kernel {
  dnnl::primitive primitive;
  Description scratchpad;
};

template <class Primitive, class PrimitiveDescription>
Kernel make_kernel(const PrimitiveDescription& description) {
  onednn::count_primitive();
  return {Primitive(description), description.scratchpad_desc()};
}

// One direction of a convolution. The weights (or their gradient) are `weights` to oneDNN and `parameters` to
// us; `reorder` copies from the one to the other, and is absent when they are the same.
struct SharedPrimitives {
  Kernel convolution;
  Description src, weights, dst, parameters;
  std::optional<Kernel> reorder;
};

SharedPrimitives make_convolution(const Formats& formats, ConvolutionPass pass) {
  if (pass == ConvolutionPass::backward_data) {
    const auto d = describe_backward_data(formats);
    return {make_kernel<dnnl::convolution_backward_data>(d),
            d.diff_src_desc(),
            d.weights_desc(),
            d.diff_dst_desc(),
            {},
            {}};
  }
  if (pass == ConvolutionPass::backward_weights) {
    const auto d = describe_backward_weights(formats);
    return {make_kernel<dnnl::convolution_backward_weights>(d),
            d.src_desc(),
            d.diff_weights_desc(),
            d.diff_dst_desc(),
            {},
            {}};
  }
  const auto d = describe_forward(formats);
  return {make_kernel<dnnl::convolution_forward>(d), d.src_desc(), d.weights_desc(), d.dst_desc(), {}, {}};
}

SharedPrimitives make_primitives(const ConvolutionShape& shape, ConvolutionPass pass) {
  SharedPrimitives made = make_convolution(Formats(shape), pass);
  made.parameters = Formats::filters(shape, dnnl::memory::format_tag::oihw);
  if (made.weights != made.parameters) {
    const bool gradient = pass == ConvolutionPass::backward_weights;
    const Description& from = gradient ? made.weights : made.parameters;
    const Description& to = gradient ? made.parameters : made.weights;
    made.reorder = make_kernel<dnnl::reorder>(
        dnnl::reorder::primitive_desc(engine(), from, engine(), to, caller_owns_scratchpad()));
  }
  return made;
}

// oneDNN plans for a number of threads, which therefore is a part of the key.
const SharedPrimitives& shared_primitives(const ConvolutionShape& shape, ConvolutionPass pass) {
  static std::mutex mutex;
  static std::map<std::tuple<ConvolutionShape, ConvolutionPass, int>, SharedPrimitives> primitives;
  const std::lock_guard lock(mutex);
  const std::tuple key(shape, pass, thread_count());
  auto found = primitives.find(key);
  if (found == primitives.end()) found = primitives.emplace(key, make_primitives(shape, pass)).first;
  return found->second;
}

// Memory for a kernel's scratchpad, and its arguments.
class Execution {
 public:
  Execution(const Kernel& kernel, onednn::Arguments arguments)
      : kernel_(kernel),
        workspace_({static_cast<Index>(kernel.scratchpad.get_size())}),
        arguments_(std::move(arguments)) {
    arguments_.add(DNNL_ARG_SCRATCHPAD, dnnl::memory(kernel.scratchpad, engine(), workspace_.data()));
  }
  void operator()() const { arguments_.execute(kernel_.primitive); }

 private:
  const Kernel& kernel_;
  Tensor<std::uint8_t> workspace_;
  onednn::Arguments arguments_;
};

// One direction with its buffers; `weights` of the calls below are the parameters or their gradient.
class Pass {
 public:
  Pass(const ConvolutionShape& shape, ConvolutionPass pass)
      : shared_(shared_primitives(shape, pass)),
        src_(onednn::unbound(shared_.src)),
        weights_(onednn::unbound(shared_.weights)),
        dst_(onednn::unbound(shared_.dst)),
        parameters_(onednn::unbound(shared_.parameters)),
        convolution_(shared_.convolution, arguments(pass)) {
    if (!shared_.reorder) return;
    blocked_ = Tensor<std::uint8_t>({static_cast<Index>(shared_.weights.get_size())});
    weights_.set_data_handle(blocked_.data());
    const bool gradient = pass == ConvolutionPass::backward_weights;
    reorder_.emplace(*shared_.reorder, onednn::Arguments{{DNNL_ARG_FROM, gradient ? weights_ : parameters_},
                                                         {DNNL_ARG_TO, gradient ? parameters_ : weights_}});
  }

  // oneDNN's handles are not const, but nothing that is only read is written.
  void bind(const float* src, const float* weights, const float* dst) {
    src_.set_data_handle(const_cast<float*>(src));
    dst_.set_data_handle(const_cast<float*>(dst));
    (reorder_ ? parameters_ : weights_).set_data_handle(const_cast<float*>(weights));
  }
  void convolve() const { convolution_(); }
  void reorder_weights() const {
    if (reorder_) (*reorder_)();
  }

 private:
  onednn::Arguments arguments(ConvolutionPass pass) const {
    switch (pass) {
      case ConvolutionPass::backward_data:
        return {{DNNL_ARG_DIFF_SRC, src_}, {DNNL_ARG_WEIGHTS, weights_}, {DNNL_ARG_DIFF_DST, dst_}};
      case ConvolutionPass::backward_weights:
        return {{DNNL_ARG_SRC, src_}, {DNNL_ARG_DIFF_WEIGHTS, weights_}, {DNNL_ARG_DIFF_DST, dst_}};
      default:
        return {{DNNL_ARG_SRC, src_}, {DNNL_ARG_WEIGHTS, weights_}, {DNNL_ARG_DST, dst_}};
    }
  }

  const SharedPrimitives& shared_;
  dnnl::memory src_, weights_, dst_, parameters_;
  Tensor<std::uint8_t> blocked_;  // the weights in oneDNN's format
  Execution convolution_;
  std::optional<Execution> reorder_;
};

// Calls body(src offset, weight offset, dst offset) for every product of a convolution.
template <class Body>
void for_each_product(const ConvolutionShape& s, const Body& body) {
  const Index out_height = s.out_height(), out_width = s.out_width();
  for (Index b = 0; b < s.batch; ++b) {
    for (Index y = 0; y < out_height; ++y) {
      for (Index x = 0; x < out_width; ++x) {
        for (Index v = 0; v < s.kernel; ++v) {
          for (Index u = 0; u < s.kernel; ++u) {
            const Index row = y * s.stride + v - s.padding, column = x * s.stride + u - s.padding;
            if (row < 0 || row >= s.height || column < 0 || column >= s.width) continue;
            const Index src = ((b * s.height + row) * s.width + column) * s.in_channels;
            const Index dst = ((b * out_height + y) * out_width + x) * s.out_channels;
            for (Index o = 0; o < s.out_channels; ++o) {
              for (Index i = 0; i < s.in_channels; ++i) {
                body(src + i, ((o * s.in_channels + i) * s.kernel + v) * s.kernel + u, dst + o);
              }
            }
          }
        }
      }
    }
  }
}

}  // namespace

template <>
struct Convolution<float>::Plan {
  Plan(const ConvolutionShape& shape, const ConvolutionGradients& gradients)
      : forward(shape, ConvolutionPass::forward) {
    if (gradients.src) backward_data.emplace(shape, ConvolutionPass::backward_data);
    if (gradients.weights) backward_weights.emplace(shape, ConvolutionPass::backward_weights);
  }
  Pass forward;
  std::optional<Pass> backward_data, backward_weights;
};

template <>
struct Convolution<double>::Plan {};

template <>
void Convolution<float>::forward(const float* src, const float* weights, float* dst) const {
  const onednn::ProductScope scope(shape_, ConvolutionPass::forward);
  plan_->forward.bind(src, weights, dst);
  plan_->forward.reorder_weights();
  plan_->forward.convolve();
}

template <>
void Convolution<float>::backward_data(const float* ddst, const float* weights, float* dsrc) const {
  const onednn::ProductScope scope(shape_, ConvolutionPass::backward_data);
  Pass& pass = plan_->backward_data.value();
  pass.bind(dsrc, weights, ddst);
  pass.reorder_weights();
  pass.convolve();
}

template <>
void Convolution<float>::backward_weights(const float* src, const float* ddst, float* dweights) const {
  const onednn::ProductScope scope(shape_, ConvolutionPass::backward_weights);
  Pass& pass = plan_->backward_weights.value();
  pass.bind(src, dweights, ddst);
  pass.convolve();
  pass.reorder_weights();
}

template <>
void Convolution<double>::forward(const double* src, const double* weights, double* dst) const {
  std::fill_n(dst, shape_.batch * shape_.out_height() * shape_.out_width() * shape_.out_channels, 0.0);
  for_each_product(shape_, [&](Index s, Index w, Index d) { dst[d] += src[s] * weights[w]; });
}

template <>
void Convolution<double>::backward_data(const double* ddst, const double* weights, double* dsrc) const {
  std::fill_n(dsrc, shape_.batch * shape_.height * shape_.width * shape_.in_channels, 0.0);
  for_each_product(shape_, [&](Index s, Index w, Index d) { dsrc[s] += ddst[d] * weights[w]; });
}

template <>
void Convolution<double>::backward_weights(const double* src, const double* ddst, double* dweights) const {
  std::fill_n(dweights, shape_.out_channels * shape_.in_channels * shape_.kernel * shape_.kernel, 0.0);
  for_each_product(shape_, [&](Index s, Index w, Index d) { dweights[w] += src[s] * ddst[d]; });
}

template <class T>
Convolution<T>::Convolution(const ConvolutionShape& shape, const ConvolutionGradients& gradients)
    : shape_(shape) {
  if constexpr (std::is_same_v<T, float>) plan_ = std::make_unique<Plan>(shape, gradients);
}
template <class T>
Convolution<T>::~Convolution() = default;
template <class T>
Convolution<T>::Convolution(Convolution&&) noexcept = default;
template <class T>
Convolution<T>& Convolution<T>::operator=(Convolution&&) noexcept = default;

template <class T>
Index Convolution<T>::multiply_adds() const {
  return shape_.batch * shape_.out_height() * shape_.out_width() * shape_.out_channels * shape_.in_channels *
         shape_.kernel * shape_.kernel;
}

template class Convolution<float>;
#if NORMLAB_WITH_DOUBLE
template class Convolution<double>;
#endif

}  // namespace normlab
