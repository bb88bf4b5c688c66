// Glue between a kernel, compiled once for each instruction set, and its callers. A kernel is a function
// template over float and double that takes one struct of arguments.
//
//   NORMLAB_TARGET_KERNEL(name, Arguments)
//     inside normlab::HWY_NAMESPACE, after template <class T> void name(Arguments<T>)
//   NORMLAB_EXPORT_KERNEL(name, Arguments)
//     inside #if HWY_ONCE: defines normlab::name, which picks the best instruction set of the machine at run
//     time
//
// Double precision serves gradient checks only, which are about formulas, not about speed: it is compiled for
// the one instruction set that every machine of the kind has, and not at all where NORMLAB_WITH_DOUBLE is 0
// because no tests are built.
#pragma once

#define NORMLAB_TARGET_KERNEL(name, Arguments)           \
  void name##_float(const Arguments<float>& arguments) { \
    HWY_NAMESPACE::name(arguments);                      \
  }

#define NORMLAB_EXPORT_KERNEL_FLOAT(name, Arguments) \
  HWY_EXPORT(name##_float);                          \
  template <>                                        \
  void name(const Arguments<float>& arguments) {     \
    HWY_DYNAMIC_DISPATCH(name##_float)(arguments);   \
  }

#if NORMLAB_WITH_DOUBLE
#define NORMLAB_EXPORT_KERNEL(name, Arguments)    \
  NORMLAB_EXPORT_KERNEL_FLOAT(name, Arguments)    \
  template <>                                     \
  void name(const Arguments<double>& arguments) { \
    HWY_STATIC_DISPATCH(name)(arguments);         \
  }
#else
#define NORMLAB_EXPORT_KERNEL(name, Arguments) NORMLAB_EXPORT_KERNEL_FLOAT(name, Arguments)
#endif

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
