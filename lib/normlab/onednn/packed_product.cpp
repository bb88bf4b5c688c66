#include "normlab/onednn/packed_product.h"

#include "normlab/onednn/engine.h"
#include "normlab/onednn/product_log.h"

namespace normlab {
namespace {

using onednn::engine;
using onednn::f32;

// As stored: rows x columns, or its transpose, with `leading` elements between rows (0: tightly packed).
dnnl::memory::desc stored_matrix(Index rows, Index columns, bool transposed, Index leading) {
  const Index stride = leading != 0 ? leading : (transposed ? rows : columns);
  return {{rows, columns}, f32, transposed ? dnnl::memory::dims{1, stride} : dnnl::memory::dims{stride, 1}};
}

dnnl::matmul::primitive_desc describe(const ProductShape& s) {
  const auto a = stored_matrix(s.m, s.k, s.transpose_a, s.lda);
  const dnnl::memory::desc b({s.k, s.n}, f32, dnnl::memory::format_tag::any);
  const auto c = stored_matrix(s.m, s.n, false, s.ldc);
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  if (s.accumulate) {
    dnnl::post_ops sum;
    sum.append_sum(1.0F);
    attributes.set_post_ops(sum);
  }
#if DNNL_VERSION_MAJOR >= 3
  return {engine(), a, b, c, attributes};
#else
  return {dnnl::matmul::desc(a, b, c), attributes, engine()};
#endif
}

}  // namespace

template <>
struct PackedProduct<float>::Plan {
  explicit Plan(const ProductShape& s)
      : description(describe(s)),
        product(description),
        a(onednn::unbound(description.src_desc())),
        b(onednn::unbound(stored_matrix(s.k, s.n, s.transpose_b, s.ldb))),
        c(onednn::unbound(description.dst_desc())),
        packed_bytes({static_cast<Index>(description.weights_desc().get_size())}),
        packed(description.weights_desc(), engine(), packed_bytes.data()),
        workspace({static_cast<Index>(description.scratchpad_desc().get_size())}),
        scratchpad(description.scratchpad_desc(), engine(), workspace.data()),
        reorder(dnnl::reorder::primitive_desc(engine(), b.get_desc(), engine(), packed.get_desc())),
        product_arguments{{DNNL_ARG_SRC, a},
                          {DNNL_ARG_WEIGHTS, packed},
                          {DNNL_ARG_DST, c},
                          {DNNL_ARG_SCRATCHPAD, scratchpad}},
        reorder_arguments{{DNNL_ARG_FROM, b}, {DNNL_ARG_TO, packed}} {
    onednn::count_primitive();
    onednn::count_primitive();
  }

  dnnl::matmul::primitive_desc description;
  dnnl::matmul product;
  dnnl::memory a, b, c;
  Tensor<std::uint8_t> packed_bytes;
  dnnl::memory packed;
  Tensor<std::uint8_t> workspace;
  dnnl::memory scratchpad;
  dnnl::reorder reorder;
  onednn::Arguments product_arguments, reorder_arguments;
};

template <>
void PackedProduct<float>::pack(const float* b) {
  const SectionScope section(Section::products);
  plan_->b.set_data_handle(const_cast<float*>(b));  // only read
  plan_->reorder_arguments.execute(plan_->reorder);
}

template <>
void PackedProduct<float>::operator()(const float* a, float* c) const {
  const onednn::ProductScope scope({shape_, true});
  plan_->a.set_data_handle(const_cast<float*>(a));  // only read
  plan_->c.set_data_handle(c);
  plan_->product_arguments.execute(plan_->product);
}

// double is a plain loop, for checking gradients.
template <>
struct PackedProduct<double>::Plan {
  explicit Plan(const ProductShape& s)
      : product(s), b({(s.transpose_b ? s.n : s.k) * (s.ldb != 0 ? s.ldb : (s.transpose_b ? s.k : s.n))}) {}

  MatrixProduct<double> product;
  Tensor<double> b;
};

template <>
void PackedProduct<double>::pack(const double* b) {
  std::copy_n(b, plan_->b.size(), plan_->b.data());
}

template <>
void PackedProduct<double>::operator()(const double* a, double* c) const {
  plan_->product(a, plan_->b.data(), c);
}

template <class T>
PackedProduct<T>::PackedProduct(const ProductShape& shape)
    : shape_(shape), plan_(std::make_unique<Plan>(shape)) {}
template <class T>
PackedProduct<T>::~PackedProduct() = default;
template <class T>
PackedProduct<T>::PackedProduct(PackedProduct&&) noexcept = default;
template <class T>
PackedProduct<T>& PackedProduct<T>::operator=(PackedProduct&&) noexcept = default;

template class PackedProduct<float>;
#if NORMLAB_WITH_DOUBLE
template class PackedProduct<double>;
#endif

}  // namespace normlab
