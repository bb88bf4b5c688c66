#include "normlab/onednn/matrix_product.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

#include "normlab/core/parallel.h"
#include "normlab/kernels/few_rows_product.h"
#include "normlab/onednn/engine.h"
#include "normlab/onednn/product_log.h"

namespace normlab {
namespace {

using onednn::engine;

struct SharedPrimitive {
  dnnl::matmul::primitive_desc description;
  dnnl::matmul primitive;
};

dnnl::memory::desc matrix(Index rows, Index columns, bool transposed, Index leading) {
  const Index stride = leading != 0 ? leading : (transposed ? rows : columns);
  const dnnl::memory::dims strides =
      transposed ? dnnl::memory::dims{1, stride} : dnnl::memory::dims{stride, 1};
  return {{rows, columns}, dnnl::memory::data_type::f32, strides};
}

SharedPrimitive make_primitive(const ProductShape& s) {
  const auto a = matrix(s.m, s.k, s.transpose_a, s.lda);
  const auto b = matrix(s.k, s.n, s.transpose_b, s.ldb);
  const auto c = matrix(s.m, s.n, false, s.ldc);
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  if (s.accumulate) {
    dnnl::post_ops sum;
    sum.append_sum(1.0F);
    attributes.set_post_ops(sum);
  }
#if DNNL_VERSION_MAJOR >= 3
  const dnnl::matmul::primitive_desc description(engine(), a, b, c, attributes);
#else
  const dnnl::matmul::primitive_desc description(dnnl::matmul::desc(a, b, c), attributes, engine());
#endif
  onednn::count_primitive();
  return {description, dnnl::matmul(description)};
}

// oneDNN plans for a number of threads, which therefore is a part of the key.
const SharedPrimitive& shared_primitive(const ProductShape& shape) {
  static std::mutex mutex;
  static std::map<std::pair<ProductShape, int>, SharedPrimitive> primitives;
  const std::lock_guard lock(mutex);
  const std::pair key(shape, thread_count());
  auto found = primitives.find(key);
  if (found == primitives.end()) found = primitives.emplace(key, make_primitive(shape)).first;
  return found->second;
}

// Few rows times a transposed B (the forward product of a small batch): oneDNN packs all of B, which takes
// longer than the product.
bool needs_no_packing(const ProductShape& s) {
  return s.transpose_b && !s.transpose_a && !s.accumulate && s.m <= few_rows;
}

void multiply_few_rows(const ProductShape& s, const float* a, const float* b, float* c) {
  const Index lda = s.lda != 0 ? s.lda : s.k;
  const Index ldb = s.ldb != 0 ? s.ldb : s.k;
  const Index ldc = s.ldc != 0 ? s.ldc : s.n;
  constexpr Index thread_work = 1 << 18;  // multiply-adds that are worth waking a thread
  parallel_for(s.n, thread_work / std::max<Index>(s.m * s.k, 1), [&](Index begin, Index end, int) {
    few_rows_product(FewRowsProduct<float>{.a = a,
                                           .b = b + begin * ldb,
                                           .c = c + begin,
                                           .m = s.m,
                                           .n = end - begin,
                                           .k = s.k,
                                           .lda = lda,
                                           .ldb = ldb,
                                           .ldc = ldc});
  });
}

// A batch of some rows times a large transposed B: packing all of B would still cost much for few uses of it.
// C^T = B A^T packs A instead. Measured on 784 x 1000 and 1000 x 1000, the transposition of the result
// included: 16, 32 and 64 rows take 0.74, 0.81 and 0.93 of the time with AVX-512, 0.82, 0.93 and 0.98 with
// AVX2; 128 take as much.
bool computes_transposed(const ProductShape& s) {
  return s.transpose_b && !s.transpose_a && !s.accumulate && s.m > few_rows && s.m <= 64 && s.n >= 4 * s.m;
}

ProductShape transposed_product(const ProductShape& s) {
  return {.m = s.n, .n = s.m, .k = s.k, .transpose_b = true, .lda = s.ldb, .ldb = s.lda};
}

// to (rows, columns) = from^T, in blocks whose lines stay in the first-level cache.
void transpose(const float* from, Index rows, Index columns, float* to, Index to_stride) {
  constexpr Index block = 16;
  for (Index j = 0; j < columns; j += block) {
    for (Index i = 0; i < rows; ++i) {
      for (Index c = j; c < std::min(j + block, columns); ++c) to[i * to_stride + c] = from[c * rows + i];
    }
  }
}

}  // namespace

template <>
struct MatrixProduct<float>::Plan {
  explicit Plan(const ProductShape& shape)
      : shared(shared_primitive(computes_transposed(shape) ? transposed_product(shape) : shape)),
        a(onednn::unbound(shared.description.src_desc())),
        b(onednn::unbound(shared.description.weights_desc())),
        c(onednn::unbound(shared.description.dst_desc())),
        transposed(computes_transposed(shape) ? Shape{shape.n, shape.m} : Shape{0}),
        workspace({static_cast<Index>(shared.description.scratchpad_desc().get_size())}),
        scratchpad(shared.description.scratchpad_desc(), engine(), workspace.data()),
        arguments{
            {DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_DST, c}, {DNNL_ARG_SCRATCHPAD, scratchpad}} {}

  const SharedPrimitive& shared;
  dnnl::memory a, b, c;
  Tensor<float> transposed;  // C^T, where that is computed
  Tensor<std::uint8_t> workspace;
  dnnl::memory scratchpad;
  onednn::Arguments arguments;
};

template <>
struct MatrixProduct<double>::Plan {};

template <>
void MatrixProduct<float>::operator()(const float* a, const float* b, float* c) const {
  const onednn::ProductScope scope({shape_, false});
  if (plan_ == nullptr) return multiply_few_rows(shape_, a, b, c);
  Tensor<float>& transposed = plan_->transposed;
  if (!transposed.empty()) std::swap(a, b);
  // oneDNN's handles are not const, but a product only reads its operands.
  plan_->a.set_data_handle(const_cast<float*>(a));
  plan_->b.set_data_handle(const_cast<float*>(b));
  plan_->c.set_data_handle(transposed.empty() ? c : transposed.data());
  plan_->arguments.execute(plan_->shared.primitive);
  if (!transposed.empty()) {
    const Index columns = shape_.n;
    transpose(transposed.data(), shape_.m, columns, c, shape_.ldc != 0 ? shape_.ldc : columns);
  }
}

template <>
void MatrixProduct<double>::operator()(const double* a, const double* b, double* c) const {
  const ProductShape& s = shape_;
  const Index lda = s.lda != 0 ? s.lda : (s.transpose_a ? s.m : s.k);
  const Index ldb = s.ldb != 0 ? s.ldb : (s.transpose_b ? s.k : s.n);
  const Index ldc = s.ldc != 0 ? s.ldc : s.n;
  for (Index i = 0; i < s.m; ++i) {
    for (Index j = 0; j < s.n; ++j) {
      double sum = s.accumulate ? c[i * ldc + j] : 0.0;
      for (Index l = 0; l < s.k; ++l) {
        sum += (s.transpose_a ? a[l * lda + i] : a[i * lda + l]) *
               (s.transpose_b ? b[j * ldb + l] : b[l * ldb + j]);
      }
      c[i * ldc + j] = sum;
    }
  }
}

template <class T>
MatrixProduct<T>::MatrixProduct(const ProductShape& shape) : shape_(shape) {
  if constexpr (std::is_same_v<T, float>) {
    if (!needs_no_packing(shape)) plan_ = std::make_unique<Plan>(shape);
  }
}
template <class T>
MatrixProduct<T>::~MatrixProduct() = default;
template <class T>
MatrixProduct<T>::MatrixProduct(MatrixProduct&&) noexcept = default;
template <class T>
MatrixProduct<T>& MatrixProduct<T>::operator=(MatrixProduct&&) noexcept = default;

template class MatrixProduct<float>;
#if NORMLAB_WITH_DOUBLE
template class MatrixProduct<double>;
#endif

}  // namespace normlab
