#include "normlab/nn/recurrent/recurrent.h"

#include <stdexcept>

#include "normlab/nn/norm/weight_norm.h"
#include "normlab/nn/recurrent/gru.h"
#include "normlab/nn/recurrent/lstm.h"
#include "normlab/nn/recurrent/tanh_rnn.h"

namespace normlab {
namespace {

Index gate_count(CellKind cell) {
  switch (cell) {
    case CellKind::lstm:
      return 4;
    case CellKind::gru:
      return 3;
    case CellKind::tanh:
      break;
  }
  return 1;
}

// What a product multiplies with: the drawn weight `name`, or under weight norm g v / ||v||, where v is
// drawn.
template <class T, class Declare>
Value<T>& weight(const RecurrentSite<T>& site, const std::string& name, const Declare& declare) {
  if (!traits(site.norm.kind).on_weights) return declare(name);
  return add_weight_norm(site.graph, site.parameters, name + "_g", declare(name + "_v"));
}

template <class T>
Value<T>& input_weight(const RecurrentSite<T>& site, Index in) {
  return weight(site, site.name("weight_ih"), [&](const std::string& name) -> Parameter<T>& {
    return site.parameters.recurrent_input_weight(name, gate_count(site.spec.cell), site.spec.hidden, in);
  });
}

template <class T>
Value<T>& recurrent_weight(const RecurrentSite<T>& site) {
  return weight(site, site.name("weight_hh"), [&](const std::string& name) -> Parameter<T>& {
    return site.parameters.recurrent_weight(name, gate_count(site.spec.cell), site.spec.hidden);
  });
}

}  // namespace

template <class T>
Value<T>& add_recurrent(Graph<T>& graph, Parameters<T>& parameters, const std::string& prefix, Value<T>& x,
                        const RecurrentSpec& spec, const NormSpec& norm, CarriedState carry) {
  if (spec.reverse && carry == CarriedState::carried)
    throw std::logic_error("a reverse recurrence cannot carry its state to the next window");
  const Index steps = x.data.dimension(0);
  const Index batch = x.data.dimension(1);
  const RecurrentSite<T> site{graph, parameters, prefix, spec, norm, carry, steps, batch};
  auto& weight_ih = input_weight(site, x.data.dimension(2));
  auto& weight_hh = recurrent_weight(site);
  auto& y = graph.value({steps, batch, spec.hidden});
  const RecurrentLinks<T> links{.x = x,
                                .weight_ih = weight_ih,
                                .weight_hh = weight_hh,
                                .y = y,
                                .reverse = spec.reverse,
                                .carried_hidden = site.carried("hidden")};
  switch (spec.cell) {
    case CellKind::lstm:
      graph.template add<Lstm<T>>(links, site);
      break;
    case CellKind::gru:
      graph.template add<Gru<T>>(links, site);
      break;
    case CellKind::tanh:
      graph.template add<TanhRnn<T>>(links, site);
      break;
  }
  return y;
}

template <class T>
void reset_carried_state(Parameters<T>& parameters, Mode mode) {
  const std::string_view prefix = RecurrentSite<T>::carried_state_prefix(mode);
  for (auto& state : parameters.states()) {
    if (state.name.starts_with(prefix)) state.data.fill(T(0));
  }
}

#define NORMLAB_INSTANTIATE(T)                                                               \
  template Value<T>& add_recurrent(Graph<T>&, Parameters<T>&, const std::string&, Value<T>&, \
                                   const RecurrentSpec&, const NormSpec&, CarriedState);     \
  template void reset_carried_state(Parameters<T>&, Mode);
NORMLAB_INSTANTIATE(float)
#if NORMLAB_WITH_DOUBLE
NORMLAB_INSTANTIATE(double)
#endif
#undef NORMLAB_INSTANTIATE

}  // namespace normlab
