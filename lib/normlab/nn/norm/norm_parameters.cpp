#include "normlab/nn/norm/norm_parameters.h"

namespace normlab {

template <class T>
NormParameters<T> declare_norm_parameters(Parameters<T>& parameters, const std::string& name,
                                          const std::string& layer, Index fan_in, Index channels,
                                          const NormSpec& norm) {
  const NormTraits& t = traits(norm.kind);
  NormParameters<T> p;
  if (!t.normalizes()) {
    p.bias = &parameters.bias(name + "." + layer + ".bias", channels, fan_in);
    return p;
  }
  const std::string prefix = name + ".norm.";
  if (t.statistics == Statistics::learned)
    p.alpha = &parameters.constant(prefix + "alpha", ParameterRole::gain, {1}, static_cast<T>(norm.alpha));
  if (learns_gain(norm))
    p.gain = &parameters.constant(prefix + "weight", ParameterRole::gain, {channels}, T(1));
  if (learns_bias(norm))
    p.bias = &parameters.constant(prefix + "bias", ParameterRole::bias, {channels}, T(0));
  if (t.statistics == Statistics::channel) {
    p.running_mean = &parameters.buffer(prefix + "running_mean", {channels}, T(0));
    p.running_variance = &parameters.buffer(prefix + "running_var", {channels}, T(1));
  }
  return p;
}

template NormParameters<float> declare_norm_parameters(Parameters<float>&, const std::string&,
                                                       const std::string&, Index, Index, const NormSpec&);
#if NORMLAB_WITH_DOUBLE
template NormParameters<double> declare_norm_parameters(Parameters<double>&, const std::string&,
                                                        const std::string&, Index, Index, const NormSpec&);
#endif

}  // namespace normlab
