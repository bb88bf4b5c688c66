// What a network looks like, apart from its normalization: the settings of any registered model.
//
// A model is a struct of its settings, such as Mlp in models/mlp.h, with a line in models/registry.cpp. Its
// members say what it is: those of Model below, without `virtual`, and of these defaults(), presets(),
// window and evaluation_samples() only where it has something to say.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <vector>

#include "normlab/nn/norm/norm_settings.h"
#include "normlab/settings/visitor.h"

namespace normlab {

class MemoryCount;
struct Task;
struct TaskShape;
template <class T>
struct ModelGraph;
template <class T>
class Parameters;
template <class T>
struct Value;

// What a config starts from that does not suit all models.
struct ModelDefaults {
  bool standardize = false;       // dataset.standardize
  double clip_gradient_norm = 0;  // 0: off
};

class Model {
 public:
  virtual ~Model() = default;

  virtual std::string name() const = 0;  // in configs and records
  virtual ModelDefaults defaults() const = 0;

  // Those that have a meaning for the task.
  virtual void visit_settings(SettingVisitor& visitor, const Task& task) = 0;
  virtual Names presets() const = 0;
  virtual void apply_preset(const std::string& preset) = 0;  // one of presets()
  virtual void drop_nothing() = 0;                           // dropout 0, where there is some

  // Whether there is a network for what the task reads; and why it has no meaning there for all that, or with
  // the norm at this batch size: one sentence that names them, or nothing. Sizes of inputs and outputs do not
  // matter to the answer.
  virtual bool reads(const Task& task) const = 0;
  virtual std::optional<std::string> undefined_reason(const Task& task) const = 0;
  virtual std::optional<std::string> undefined_reason(const NormSpec& norm, Index batch) const = 0;

  // Records the network up to what it says and returns that: (batch, outputs), or for streams (window *
  // batch, outputs), time-major. RequestError when the task's images are too small for it.
  virtual Value<float>& record(const NormSpec& norm, const TaskShape& task, ModelGraph<float>& out,
                               Parameters<float>& parameters) const = 0;
#if NORMLAB_WITH_DOUBLE
  virtual Value<double>& record(const NormSpec& norm, const TaskShape& task, ModelGraph<double>& out,
                                Parameters<double>& parameters) const = 0;
#endif
  virtual void count_memory(MemoryCount& count, const TaskShape& task) const = 0;

  virtual Index window() const = 0;              // time steps of a stream that a training step reads; or 0
  virtual Index evaluation_samples() const = 0;  // images that are evaluated at a time

 private:
  friend class ModelSpec;
  virtual std::unique_ptr<Model> copy() const = 0;
  virtual void* settings(const std::type_info& type) = 0;  // null when they are of another type
};

// A model's settings as a value.
class ModelSpec {
 public:
  ModelSpec();  // the first model that is registered, with its defaults
  template <class Settings>
  requires(!std::is_base_of_v<ModelSpec, Settings>) ModelSpec(Settings settings);
  ModelSpec(const ModelSpec& other) : model_(other.model_->copy()) {}
  ModelSpec(ModelSpec&&) noexcept = default;
  ModelSpec& operator=(const ModelSpec& other) { return *this = ModelSpec(other); }
  ModelSpec& operator=(ModelSpec&&) noexcept = default;
  ~ModelSpec() = default;

  const Model* operator->() const { return model_.get(); }
  Model* operator->() { return model_.get(); }

  // The settings of a model that this is known to be; std::bad_cast when it is another.
  template <class Settings>
  Settings& as() {
    auto* settings = static_cast<Settings*>(model_->settings(typeid(Settings)));
    if (settings == nullptr) throw std::bad_cast();
    return *settings;
  }
  // The same, or null when it is another.
  template <class Settings>
  const Settings* get_if() const {
    return static_cast<const Settings*>(model_->settings(typeid(Settings)));
  }

 private:
  std::unique_ptr<Model> model_;
};

// Every model with its default settings, in the order of lists.
const std::vector<ModelSpec>& registered_models();
const Names& model_names();

// The model of that name. RequestError naming `field` when there is none.
const ModelSpec& find_model(std::string_view name, std::string_view field);

}  // namespace normlab
