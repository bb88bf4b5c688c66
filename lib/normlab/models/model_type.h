// Makes a model of a struct of settings: models/NAME.cpp ends with `template ModelSpec::ModelSpec(NAME);`.
#pragma once

#include <map>

#include "normlab/models/memory_count.h"
#include "normlab/models/model.h"

namespace normlab {

template <class Settings>
class ModelType final : public Model {
 public:
  explicit ModelType(Settings settings) : settings_(std::move(settings)) {}

  std::string name() const override { return settings_.name(); }
  ModelDefaults defaults() const override {
    if constexpr (requires { settings_.defaults(); }) return settings_.defaults();
    return {};
  }
  void visit_settings(SettingVisitor& visitor, const Task& task) override {
    settings_.visit_settings(visitor, task);
  }
  Names presets() const override {
    Names names;
    if constexpr (requires { settings_.presets(); }) {
      for (const auto& preset : settings_.presets()) names.push_back(preset.first);
    }
    return names;
  }
  void apply_preset([[maybe_unused]] const std::string& preset) override {
    if constexpr (requires { settings_.presets(); }) settings_ = settings_.presets().at(preset);
  }
  void drop_nothing() override {
    if constexpr (requires { settings_.dropout; }) settings_.dropout = 0;
  }
  bool reads(const Task& task) const override { return settings_.reads(task); }
  std::optional<std::string> undefined_reason(const Task& task) const override {
    if constexpr (requires { settings_.undefined_reason(task); }) return settings_.undefined_reason(task);
    return std::nullopt;
  }
  std::optional<std::string> undefined_reason(const NormSpec& norm, Index batch) const override {
    return settings_.undefined_reason(norm, batch);
  }
  Value<float>& record(const NormSpec& norm, const TaskShape& task, ModelGraph<float>& out,
                       Parameters<float>& parameters) const override {
    return settings_.record(norm, task, out, parameters);
  }
#if NORMLAB_WITH_DOUBLE
  Value<double>& record(const NormSpec& norm, const TaskShape& task, ModelGraph<double>& out,
                        Parameters<double>& parameters) const override {
    return settings_.record(norm, task, out, parameters);
  }
#endif
  void count_memory(MemoryCount& count, const TaskShape& task) const override {
    settings_.count_memory(count, task);
  }
  Index window() const override {
    if constexpr (requires { settings_.window; }) return settings_.window;
    return 0;
  }
  Index evaluation_samples() const override {
    if constexpr (requires { settings_.evaluation_samples(); }) return settings_.evaluation_samples();
    return 256;
  }

 private:
  std::unique_ptr<Model> copy() const override {
    return std::make_unique<ModelType>(*this);
  }
  void* settings(const std::type_info& type) override {
    return type == typeid(Settings) ? &settings_ : nullptr;
  }

  Settings settings_;
};

template <class Settings>
requires(!std::is_base_of_v<ModelSpec, Settings>) ModelSpec::ModelSpec(Settings settings)
    : model_(std::make_unique<ModelType<Settings>>(std::move(settings))) {}

}  // namespace normlab
