#include "normlab/nn/graph/graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <unordered_set>

#include "normlab/nn/graph/parameter.h"

namespace normlab {
namespace {

[[noreturn]] void refuse_wiring(const std::string& op, const Shape& shape, const char* what) {
  throw std::logic_error(fmt::format("graph: {}: the value {} {}", op, to_string(shape), what));
}

}  // namespace

template <class T>
Value<T>& Graph<T>::add_value(const Shape& shape, GradientPlace gradient) {
  Value<T>& value = values_.emplace_back();
  value.data = Tensor<T>(shape);
  if (mode_ == Mode::evaluation) return value;
  if (gradient == GradientPlace::own) value.gradient = Tensor<T>(shape);
  value.gradient_in_data = gradient == GradientPlace::over_data;
  return value;
}

template <class T>
Value<T>& Graph<T>::input(const Shape& shape, GradientPlace gradient) {
  Value<T>& value = add_value(shape, gradient);
  written_.insert(&value);
  return value;
}

template <class T>
Value<T>& Graph<T>::value(const Shape& shape, GradientPlace gradient) {
  return add_value(shape, gradient);
}

template <class T>
void Graph<T>::output(const Value<T>& value) {
  if (finished_) throw std::logic_error("graph: an output is named after the end");
  outputs_.push_back(&value);
}

template <class T>
void Graph<T>::record(std::unique_ptr<Op<T>> op) {
  if (finished_) throw std::logic_error("graph: " + op->name() + " is recorded after the end");
  for (const Input<T>* input : op->inputs_) {
    if (!input->value_->is_parameter && !written_.contains(input->value_))
      refuse_wiring(op->name(), input->shape(), "is read before anything has written it");
  }
  for (const Output<T>* output : op->outputs_) {
    if (!written_.insert(output->value_).second)
      refuse_wiring(op->name(), output->shape(), "has been written by another operation");
  }
  ops_.push_back(std::move(op));
}

template <class T>
void Graph<T>::track(std::string name, const Value<T>& output, std::size_t first, TrackedAxes axes) {
  Tracked layer{std::move(name), &output, first, ops_.size(), {}, axes};
  for (auto op = ops_.begin() + static_cast<std::ptrdiff_t>(first); op != ops_.end(); ++op) {
    for (const Input<T>* input : (*op)->inputs_) {
      if (input->value_->is_parameter)
        layer.parameters.push_back(static_cast<const Parameter<T>*>(input->value_));
    }
  }
  tracked_.push_back(std::move(layer));
}

template <class T>
void Graph<T>::finish() {
  if (finished_) return;
  finished_ = true;
  for (const Value<T>& value : values_) {
    if (!written_.contains(&value)) refuse_wiring("end", value.data.shape(), "is written by no operation");
  }
  written_.clear();
  if (mode_ == Mode::evaluation) return;
  plan_gradients();
  for (const auto& op : ops_) op->plan_backward();
}

template <class T>
void Graph<T>::plan_gradients() {
  std::unordered_set<const Value<T>*> has_gradient(outputs_.begin(), outputs_.end());
  const auto take = [&](Op<T>& op, Input<T>& input, Aftermath& after) {
    if (!input.wants_gradient()) {
      if (input.write_ == GradientWrite::overwrites) input.share_ = Tensor<T>(input.shape());  // for nobody
      return;
    }
    if (has_gradient.insert(input.value_).second) return;
    if (input.value_->gradient_in_data || input.write_ == GradientWrite::in_forward)
      refuse_wiring(op.name(), input.shape(), "cannot have a second reader");
    if (input.write_ == GradientWrite::can_add) {
      input.adds_ = true;
    } else {
      input.share_ = Tensor<T>(input.shape());
      after.shares.push_back(&input);
    }
  };
  const auto take_all = [&](std::size_t i, bool in_forward) {
    for (Input<T>* input : ops_[i]->inputs_) {
      if ((input->write_ == GradientWrite::in_forward) == in_forward) take(*ops_[i], *input, aftermath_[i]);
    }
  };
  aftermath_.resize(ops_.size());
  for (std::size_t i = 0; i < ops_.size(); ++i) take_all(i, true);
  for (std::size_t i = ops_.size(); i-- > 0;) {
    for (const Output<T>* output : ops_[i]->outputs_) {
      if (output->wants_gradient() && !has_gradient.contains(output->value_))
        refuse_wiring(ops_[i]->name(), output->shape(), "has a gradient that nothing writes");
    }
    take_all(i, false);
  }
  plan_completion();
}

// A parameter's gradient is complete after its use that was recorded first.
template <class T>
void Graph<T>::plan_completion() {
  std::unordered_set<const Value<T>*> known;
  for (std::size_t i = 0; i < ops_.size(); ++i) {
    for (const Input<T>* input : ops_[i]->inputs_) {
      if (!input->value_->is_parameter || !known.insert(input->value_).second) continue;
      aftermath_[i].complete.push_back(static_cast<Parameter<T>*>(input->value_));
    }
  }
}

template <class T>
void Graph<T>::forward() {
  finish();
  for (auto& op : ops_) {
    const SectionScope scope(op->section());
    op->forward();
  }
}

template <class T>
void Graph<T>::backward() {
  for (std::size_t i = ops_.size(); i-- > 0;) {
    const SectionScope scope(ops_[i]->section());
    ops_[i]->backward();
    for (const Input<T>* input : aftermath_[i].shares) {
      T* total = input->value_->gradient.data();
      const T* share = input->share_.data();
      for (Index k = 0; k < input->share_.size(); ++k) total[k] += share[k];
    }
    if (!observer_) continue;
    for (Parameter<T>* parameter : aftermath_[i].complete) observer_(*parameter);
  }
}

template <class T>
std::vector<OpDescription> Graph<T>::describe() const {
  std::vector<OpDescription> lines;
  for (const auto& op : ops_) {
    OpDescription& line = lines.emplace_back();
    line.name = op->name();
    for (const Input<T>* input : op->inputs_)
      (input->value_->is_parameter ? line.parameters : line.inputs).push_back(input->shape());
    Index kept = op->kept_elements();
    for (const Output<T>* output : op->outputs_) {
      line.outputs.push_back(output->shape());
      kept += output->size();
    }
    line.kept_bytes = mode_ == Mode::training ? kept * static_cast<Index>(sizeof(T)) : 0;
    line.multiply_adds = op->multiply_adds();
  }
  for (const Tracked& layer : tracked_) {
    for (std::size_t i = layer.first; i < layer.end; ++i) lines[i].layer = layer.name;
  }
  return lines;
}

template <class T>
Index Graph<T>::multiply_adds() const {
  Index total = 0;
  for (const auto& op : ops_) total += op->multiply_adds();
  return total;
}

template class Graph<float>;
#if NORMLAB_WITH_DOUBLE
template class Graph<double>;
#endif

}  // namespace normlab
