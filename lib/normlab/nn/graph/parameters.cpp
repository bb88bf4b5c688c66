#include "normlab/nn/graph/parameters.h"

#include <cmath>
#include <stdexcept>

#include "normlab/core/random.h"

namespace normlab {
namespace {

template <class T>
Tensor<T>& find_or_add(std::deque<NamedTensor<T>>& tensors,
                       std::unordered_map<std::string, Tensor<T>*>& by_name, const std::string& name,
                       const Shape& shape, T value) {
  if (const auto known = by_name.find(name); known != by_name.end()) return *known->second;
  auto& added = tensors.emplace_back(NamedTensor<T>{name, Tensor<T>(shape)});
  added.data.fill(value);
  by_name.emplace(name, &added.data);
  return added.data;
}

double fan_in(const Shape& shape) {
  return static_cast<double>(element_count(shape)) / static_cast<double>(shape[0]);
}

double fan_out(const Shape& shape) {
  return static_cast<double>(element_count(shape)) / static_cast<double>(shape[1]);
}

// Weight norm's direction ("weight_v") starts as the weight that it stands for, so that runs of one seed
// start from the same function whatever the norm.
std::uint64_t stream_of(std::string_view name) {
  return hash_name(name.ends_with("_v") ? name.substr(0, name.size() - 2) : name);
}

// Gram-Schmidt on `size` x `size` normal rows, twice for accuracy: uniformly distributed over orthogonal
// matrices.
void orthogonal_rows(std::vector<double>& rows, Index size, Random& random) {
  for (double& element : rows) element = random.normal();
  for (Index i = 0; i < size; ++i) {
    double* row = rows.data() + i * size;
    for (int pass = 0; pass < 2; ++pass) {
      for (Index j = 0; j < i; ++j) {
        const double* other = rows.data() + j * size;
        double dot = 0;
        for (Index k = 0; k < size; ++k) dot += row[k] * other[k];
        for (Index k = 0; k < size; ++k) row[k] -= dot * other[k];
      }
    }
    double square = 0;
    for (Index k = 0; k < size; ++k) square += row[k] * row[k];
    for (Index k = 0; k < size; ++k) row[k] /= std::sqrt(square);
  }
}

}  // namespace

template <class T>
Parameter<T>* Parameters<T>::find(const std::string& name) {
  const auto known = parameter_of_.find(name);
  return known == parameter_of_.end() ? nullptr : known->second;
}

template <class T>
Parameter<T>& Parameters<T>::add(const std::string& name, ParameterRole role, const Shape& shape) {
  Parameter<T>& parameter = parameters_.emplace_back();
  parameter.data = Tensor<T>(shape);
  parameter.gradient = Tensor<T>(shape);
  parameter.is_parameter = true;
  parameter.name = name;
  parameter.role = role;
  parameter_of_.emplace(name, &parameter);
  return parameter;
}

template <class T>
void Parameters<T>::draw_uniform(Parameter<T>& parameter, double bound) {
  Random random(seed_, stream_of(parameter.name));
  for (T& element : parameter.data.span())
    element = static_cast<T>(init_.scale * random.uniform(-bound, bound));
}

template <class T>
void Parameters<T>::draw_normal(Parameter<T>& parameter, double deviation) {
  Random random(seed_, stream_of(parameter.name));
  for (T& element : parameter.data.span())
    element = static_cast<T>(init_.scale * deviation * random.normal());
}

template <class T>
void Parameters<T>::draw_orthogonal(Parameter<T>& parameter, Index block_rows) {
  Random random(seed_, stream_of(parameter.name));
  std::vector<double> rows(static_cast<std::size_t>(block_rows * block_rows));
  for (Index start = 0; start < parameter.data.size(); start += block_rows * block_rows) {
    orthogonal_rows(rows, block_rows, random);
    for (Index i = 0; i < block_rows * block_rows; ++i) {
      parameter.data[start + i] = static_cast<T>(init_.scale * rows[static_cast<std::size_t>(i)]);
    }
  }
}

template <class T>
Parameter<T>& Parameters<T>::weight(const std::string& name, const Shape& shape, Activation followed_by) {
  if (Parameter<T>* known = find(name)) return *known;
  Parameter<T>& parameter = add(name, ParameterRole::weight, shape);
  InitScheme scheme = init_.scheme;
  if (scheme == InitScheme::standard) {
    const bool rectified = followed_by == Activation::relu || followed_by == Activation::gelu;
    scheme = rectified ? InitScheme::he : InitScheme::glorot;
  }
  switch (scheme) {
    case InitScheme::he:
      draw_normal(parameter, std::sqrt(2.0 / fan_in(shape)));
      break;
    case InitScheme::torch:
      draw_uniform(parameter, 1.0 / std::sqrt(fan_in(shape)));
      break;
    default:
      draw_uniform(parameter, std::sqrt(6.0 / (fan_in(shape) + fan_out(shape))));
      break;
  }
  return parameter;
}

template <class T>
Parameter<T>& Parameters<T>::recurrent_input_weight(const std::string& name, Index gates, Index hidden,
                                                    Index in) {
  if (Parameter<T>* known = find(name)) return *known;
  Parameter<T>& parameter = add(name, ParameterRole::weight, {gates * hidden, in});
  const bool torch = init_.scheme == InitScheme::torch;
  draw_uniform(parameter, torch ? 1.0 / std::sqrt(static_cast<double>(hidden))
                                : std::sqrt(6.0 / static_cast<double>(in + hidden)));
  return parameter;
}

template <class T>
Parameter<T>& Parameters<T>::recurrent_weight(const std::string& name, Index gates, Index hidden) {
  if (Parameter<T>* known = find(name)) return *known;
  Parameter<T>& parameter = add(name, ParameterRole::weight, {gates * hidden, hidden});
  if (init_.scheme == InitScheme::torch) {
    draw_uniform(parameter, 1.0 / std::sqrt(static_cast<double>(hidden)));
  } else {
    draw_orthogonal(parameter, hidden);
  }
  return parameter;
}

template <class T>
Parameter<T>& Parameters<T>::bias(const std::string& name, Index size, Index fan_in) {
  if (Parameter<T>* known = find(name)) return *known;
  Parameter<T>& parameter = add(name, ParameterRole::bias, {size});
  if (init_.scheme == InitScheme::torch)
    draw_uniform(parameter, 1.0 / std::sqrt(static_cast<double>(fan_in)));
  return parameter;
}

template <class T>
Parameter<T>& Parameters<T>::constant(const std::string& name, ParameterRole role, const Shape& shape,
                                      T value) {
  if (Parameter<T>* known = find(name)) return *known;
  Parameter<T>& parameter = add(name, role, shape);
  parameter.data.fill(value);
  return parameter;
}

template <class T>
Parameter<T>& Parameters<T>::row_norms(const std::string& name, const Parameter<T>& direction,
                                       const Shape& shape) {
  if (Parameter<T>* known = find(name)) return *known;
  Parameter<T>& parameter = add(name, ParameterRole::gain, shape);
  const Index rows = direction.data.dimension(0);
  const Index columns = direction.data.size() / rows;
  for (Index i = 0; i < rows; ++i) {
    double square = 0;
    for (Index j = 0; j < columns; ++j) {
      const double element = direction.data[i * columns + j];
      square += element * element;
    }
    parameter.data[i] = static_cast<T>(std::sqrt(square));
  }
  return parameter;
}

template <class T>
Tensor<T>& Parameters<T>::buffer(const std::string& name, const Shape& shape, T value) {
  return find_or_add(buffers_, buffer_of_, name, shape, value);
}

template <class T>
Tensor<T>& Parameters<T>::state(const std::string& name, const Shape& shape) {
  return find_or_add(states_, state_of_, name, shape, T(0));
}

template <class T>
Index Parameters<T>::parameter_count() const {
  Index count = 0;
  for (const auto& parameter : parameters_) count += parameter.data.size();
  return count;
}

template class Parameters<float>;
#if NORMLAB_WITH_DOUBLE
template class Parameters<double>;
#endif

}  // namespace normlab
