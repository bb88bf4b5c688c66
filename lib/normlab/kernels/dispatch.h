// Glue between a kernel, compiled once for each instruction set, and its callers. A kernel is a function
// template over float and double that takes one struct of arguments.
//
//   NORMLAB_TARGET_KERNEL(name, Arguments)
//     inside normlab::HWY_NAMESPACE, after template <class T> void name(Arguments<T>)
//   NORMLAB_EXPORT_KERNEL(name, Arguments)
//     inside #if HWY_ONCE: defines normlab::name, which picks the best instruction set of the machine at run
//     time
//
// Double precision serves gradient checks only; NORMLAB_WITH_DOUBLE is 0 where no tests are built.
#pragma once

#define NORMLAB_TARGET_KERNEL_FOR(name, Arguments, T, suffix) \
  void name##_##suffix(const Arguments<T>& arguments) {       \
    HWY_NAMESPACE::name(arguments);                           \
  }

#define NORMLAB_EXPORT_KERNEL_FOR(name, Arguments, T, suffix) \
  HWY_EXPORT(name##_##suffix);                                \
  template <>                                                 \
  void name(const Arguments<T>& arguments) {                  \
    HWY_DYNAMIC_DISPATCH(name##_##suffix)(arguments);         \
  }

#if NORMLAB_WITH_DOUBLE
#define NORMLAB_TARGET_KERNEL(name, Arguments)             \
  NORMLAB_TARGET_KERNEL_FOR(name, Arguments, float, float) \
  NORMLAB_TARGET_KERNEL_FOR(name, Arguments, double, double)
#define NORMLAB_EXPORT_KERNEL(name, Arguments)             \
  NORMLAB_EXPORT_KERNEL_FOR(name, Arguments, float, float) \
  NORMLAB_EXPORT_KERNEL_FOR(name, Arguments, double, double)
#else
#define NORMLAB_TARGET_KERNEL(name, Arguments) NORMLAB_TARGET_KERNEL_FOR(name, Arguments, float, float)
#define NORMLAB_EXPORT_KERNEL(name, Arguments) NORMLAB_EXPORT_KERNEL_FOR(name, Arguments, float, float)
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
