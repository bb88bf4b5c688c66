// Glue between a kernel, compiled once for each instruction set, and its callers. A kernel is a function
// template over float and double that takes one struct of arguments.
//
//   NORMLAB_TARGET_KERNEL(name, Arguments)  inside normlab::HWY_NAMESPACE, after template <class T> void
//   name(Arguments<T>) NORMLAB_EXPORT_KERNEL(name, Arguments)  inside #if HWY_ONCE: defines normlab::name for
//   float and double, which picks
//                                           the best instruction set of the machine at run time
#pragma once

#define NORMLAB_TARGET_KERNEL(name, Arguments)             \
  void name##_float(const Arguments<float>& arguments) {   \
    HWY_NAMESPACE::name(arguments);                        \
  }                                                        \
  void name##_double(const Arguments<double>& arguments) { \
    HWY_NAMESPACE::name(arguments);                        \
  }

#define NORMLAB_EXPORT_KERNEL(name, Arguments)      \
  HWY_EXPORT(name##_float);                         \
  HWY_EXPORT(name##_double);                        \
  template <>                                       \
  void name(const Arguments<float>& arguments) {    \
    HWY_DYNAMIC_DISPATCH(name##_float)(arguments);  \
  }                                                 \
  template <>                                       \
  void name(const Arguments<double>& arguments) {   \
    HWY_DYNAMIC_DISPATCH(name##_double)(arguments); \
  }

// Calls function<activation>(arguments) for the activation known only at run time.
#define NORMLAB_WITH_ACTIVATION(activation, function, arguments) \
  switch (activation) {                                          \
    case Activation::identity:                                   \
      function<Activation::identity>(arguments);                 \
      break;                                                     \
    case Activation::relu:                                       \
      function<Activation::relu>(arguments);                     \
      break;                                                     \
    case Activation::tanh:                                       \
      function<Activation::tanh>(arguments);                     \
      break;                                                     \
    case Activation::gelu:                                       \
      function<Activation::gelu>(arguments);                     \
      break;                                                     \
  }
